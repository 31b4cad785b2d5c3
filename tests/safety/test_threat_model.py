"""The threat model names tests that there are, and every test of this folder."""

import re
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROOT: Final = TESTS.parent


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(test_\w+\.py)", text))


def test_what_it_names_is_there() -> None:
    text = (ROOT / "docs" / "reference" / "threat-model.md").read_text()
    there = {path.name for path in TESTS.rglob("test_*.py")}
    assert named(text) - there == set()
    paths = re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)`", text)
    assert [path for path in paths if not (ROOT / path).is_file()] == []
    ours = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert ours - named(text) == {Path(__file__).name}


def test_every_border_says_what_is_left() -> None:
    text = (ROOT / "docs" / "reference" / "threat-model.md").read_text()
    (borders,) = re.findall(r"## Border by border\n(.*)\n## Privacy", text, re.DOTALL)
    parts = borders.split("\n### ")[1:]
    assert len(parts) > 10
    for part in parts:
        if not part.startswith("What is installed"):
            for word in ("*Could*", "*Against it*", "*Left*"):
                assert word in part, (part[:40], word)
