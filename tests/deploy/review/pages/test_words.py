"""What pages and the player must say alike."""

from pathlib import Path

import insonify.deploy.review
from insonify.deploy.review.pages import queue
from insonify.deploy.review.pages.words import KEYS

ASSETS = Path(insonify.deploy.review.__file__).parent / "assets"


def test_pages_and_player_have_the_same_keys_for_classes() -> None:
    assert f'export const KEYS = "{KEYS}";' in (ASSETS / "classes.js").read_text()


def test_keys_of_classes_do_nothing_else() -> None:
    table = (ASSETS / "keys.js").read_text().partition("const PLAIN = {")[2]
    taken = {line.strip().partition(":")[0] for line in table.splitlines()}
    taken |= {*queue._OTHER_KEYS.split(), "n", "p", "b"}
    assert len(set(KEYS)) == len(KEYS)
    assert not taken & set(KEYS)
