import math
from itertools import pairwise
from typing import Any

import pytest

from insonify.core.errors import ConfigError
from insonify.store import Review

SAID: dict[str, Any] = {"video": "v", "task": "plane", "label": "head", "author": "Ann"}


def test_a_decision_has_a_time_and_a_name_of_its_own() -> None:
    one = Review.new(**SAID, start_s=1.0, end_s=2.5)
    assert (one.label, one.start_s, one.end_s, one.undoes) == ("head", 1.0, 2.5, None)
    many = [Review.new(**SAID) for _ in range(2000)]
    assert len({review.event for review in many}) == 2000
    assert all(len(review.event) == 16 for review in many)


def test_what_is_said_later_comes_later() -> None:
    many = [Review.new(**SAID) for _ in range(2000)]
    keys = [(review.unix_ms, review.event) for review in many]
    assert all(one < two for one, two in pairwise(keys))
    ahead = many[-1].unix_ms + 3_600_000
    assert Review.new(**SAID, after=ahead).unix_ms == ahead + 1
    assert Review.new(**SAID, after=5).unix_ms >= many[-1].unix_ms


@pytest.mark.parametrize("name", ["x", "x" * 40, "Änne Ø.", "plane 3/4", "頭"])
def test_names_are_what_can_be_printed(name: str) -> None:
    for what in ("author", "label", "task"):
        assert getattr(Review.new(**SAID | {what: name}), what) == name


@pytest.mark.parametrize(
    "name",
    ["", " ", "x" * 41, "a\nb", "a\tb", "a\0b", "\x1b[2J", " a", "a ", "a\u202eb"],
)
def test_names_that_are_none_are_refused(name: str) -> None:
    for what in ("author", "label", "task"):
        with pytest.raises(ConfigError, match=f"{what} must be 1 to 40 printable"):
            Review.new(**SAID | {what: name})


@pytest.mark.parametrize(
    "bounds", [(2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-math.inf, None)]
)
def test_intervals_that_are_none_are_refused(bounds: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"must not end before it begins.*leave a bound"
    ):
        Review.new(**SAID, start_s=bounds[0], end_s=bounds[1])


def test_one_frame_and_one_bound_are_intervals() -> None:
    for bounds in ((1.0, 1.0), (None, 1.0), (1.0, None), (None, None)):
        assert Review.new(**SAID, start_s=bounds[0], end_s=bounds[1])


@pytest.mark.parametrize(
    "change", [{"event": "1"}, {"event": "G" * 16}, {"unix_ms": -1}, {"undoes": "x"}]
)
def test_events_that_are_none_are_refused(change: dict[str, Any]) -> None:
    rest = {"start_s": None, "end_s": None, "label": None, "unix_ms": 1}
    with pytest.raises(ConfigError, match="an event is 16 hexadecimal digits"):
        Review(**SAID | rest | {"event": "0" * 16} | change)


def test_an_undo_says_nothing_else() -> None:
    with pytest.raises(ConfigError, match=r"takes back all of 0{16}"):
        Review.new(**SAID, undoes="0" * 16)
    bare = SAID | {"label": None}
    with pytest.raises(ConfigError, match="no label and no interval"):
        Review.new(**bare, undoes="0" * 16, start_s=1.0)
    assert Review.new(**bare, undoes="0" * 16).undoes == "0" * 16
