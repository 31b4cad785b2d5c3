"""Whatever a store holds, what is drawn of it is text and never markup."""

from typing import Any

import pytest

from insonify.deploy.review.pages.asking import line
from insonify.deploy.review.pages.beside import key_frames, similar
from insonify.deploy.review.pages.cards import card, headline
from insonify.deploy.review.pages.visitor import Visitor, author_of
from insonify.deploy.review.pages.words import chip, scan_address

EVIL = '"><script>alert(1)</script>'
SCAN: dict[str, Any] = {
    "video": EVIL,
    "subject": EVIL,
    "exam": EVIL,
    "frames": 3,
    "duration_s": 2.0,
    "thumbnail": 1,
    "labelled_s": 1.0,
    "labels": {EVIL: 1},
    "best_doubt": 0.5,
}
PLANES: dict[str, Any] = {
    "classes": [EVIL],
    "probabilities": [[0.1, 0.9, 0.2]],
    "why": None,
    "best": {EVIL: 1},
}
HIT: dict[str, Any] = {
    "video": EVIL,
    "frame": 1,
    "subject": EVIL,
    "time_s": 0.5,
    "similarity": 0.9,
    "labels": [EVIL],
    "doubt": 0.4,
}


@pytest.mark.parametrize(
    "drawn",
    [
        card(SCAN, [EVIL]),
        headline([SCAN], [SCAN]),
        key_frames(EVIL, PLANES),
        key_frames(EVIL, PLANES | {"best": {}, "why": EVIL}),
        similar(1, [HIT], [EVIL], ""),
        similar(1, [], [], EVIL),
        line(HIT, EVIL),
        chip(EVIL, [], EVIL),
    ],
)
def test_names_are_escaped(drawn: str) -> None:
    assert "<script" not in drawn
    assert EVIL not in drawn


def test_a_key_frame_says_how_likely_it_is() -> None:
    assert "90 %" in key_frames("v-1", PLANES)


def test_addresses_quote_names() -> None:
    assert scan_address("a/b?c", 3) == "/scan/a%2Fb%3Fc?frame=3"


def test_a_visitor_is_known_by_cookies() -> None:
    cookies = {"insonify_author": "Dr.%20B%C3%A9a%00", "insonify_light": "1"}
    assert Visitor.read(cookies, "hint") == Visitor(author="Dr. Béa", light=True)
    assert Visitor.read({}, "hint") == Visitor(author="hint", light=False)
    assert Visitor.read({}, None).author == ""


def test_an_author_has_at_most_forty_characters() -> None:
    assert len(author_of("x" * 99)) == 40
