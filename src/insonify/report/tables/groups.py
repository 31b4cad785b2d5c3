"""Groupings of subjects and videos: by device, site, operator or what a site knows.

A grouping is a name and, by pseudonym of a subject or a video, the name of its group.
"""

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from insonify.core.errors import ReportError
from insonify.store import Store

Groupings = Mapping[str, Mapping[str, str]]
"""Grouping to pseudonym of a subject or video to group."""

INSTRUMENTS: Final = {
    "device": ("device",),
    "model": ("Manufacturer", "ManufacturerModelName"),
    "manufacturer": ("Manufacturer",),
    "transducer": ("TransducerType",),
    "probe": ("probe",),
    "site": ("site",),
    "operator": ("operator",),
}
"""Groupings by what a video was taken with, where and by whom, and the facts that make
each of them."""
FACTS: Final = INSTRUMENTS | {"container": ("container",), "codec": ("codec",)}
"""All groupings that a store's videos may have."""
MOST: Final = 20
"""Groups of a grouping that a page still shows; more are no groups but values."""
_KEYS: Final = ("subject", "video")


def group_of(facts: Mapping[str, Any], parts: Sequence[str]) -> str:
    """The group that facts of a video put it into; empty if they say nothing.

    >>> group_of({"Manufacturer": "SONOPHANT"}, INSTRUMENTS["model"])
    'SONOPHANT'
    """
    return " ".join(str(facts[each]) for each in parts if each in facts)


def groups_of_store(store: Store, tested: Collection[str]) -> dict[str, dict[str, str]]:
    """What ingest recorded of videos that can group them; only what tells some apart.

    A grouping of more than :data:`MOST` groups or of a single one is left out, and one
    that groups as another before it does, as codecs often do as containers.

    Args:
        store: Holds the videos.
        tested: Those that are to be grouped.
    """
    found: dict[str, dict[str, str]] = {name: {} for name in FACTS}
    videos = store.videos()
    columns = videos["video"].to_pylist(), videos["facts"].to_pylist()
    for video, text in zip(*columns, strict=True):
        facts = json.loads(text) if video in tested else {}
        for name, parts in FACTS.items():
            if said := group_of(facts, parts):
                found[name][video] = said
    kept: dict[str, dict[str, str]] = {}
    for name, of in found.items():
        told = 1 < len(set(of.values())) <= MOST
        if told and not any(_alike(of, other) for other in kept.values()):
            kept[name] = of
    return kept


def _alike(mine: Mapping[str, str], its: Mapping[str, str]) -> bool:
    """Whether two groupings make the same groups, whatever they call them."""
    if mine.keys() != its.keys():
        return False
    pairs = {(mine[key], its[key]) for key in mine}
    return len(pairs) == len(set(mine.values())) == len(set(its.values()))


def read_groups(path: Path) -> dict[str, dict[str, str]]:
    """Read a CSV: a column ``subject`` or ``video``, every other one a grouping.

    An empty cell says that nothing is known. Nothing else of the file is ever shown
    than the names of columns and of the groups of pseudonyms that were tested.

    Raises:
        ReportError: there is no such file, no such column, no grouping, one with too
            many groups, or a pseudonym is said to be in two groups.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(
            f"{path}: no readable CSV ({type(error).__name__}); name a text file with "
            "a column subject or video"
        ) from None
    lines = csv.DictReader(io.StringIO(text, newline=""))
    heads = [head for head in lines.fieldnames or () if head]
    key = next((name for name in _KEYS if name in heads), None)
    names = [head for head in heads if head not in _KEYS]
    if key is None or not names:
        raise ReportError(
            f"{path}: columns are {', '.join(heads) or 'none'}; needed are subject or "
            "video, with pseudonyms of the store, and at least one grouping"
        )
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for number, row in enumerate(lines, 2):
        for name, value in _cells(row, names):
            before = found[name].setdefault((row[key] or "").strip(), value)
            if before != value:
                raise ReportError(
                    f"{path}, line {number}: a {key} that is in another {name} above; "
                    "leave one of the lines"
                )
    _require_few(found, path)
    return found


def _cells(
    row: Mapping[str, str | None], names: Iterable[str]
) -> Iterator[tuple[str, str]]:
    for name in names:
        if value := (row[name] or "").strip():
            yield name, value


def _require_few(found: Mapping[str, Mapping[str, str]], path: Path) -> None:
    for name, of in found.items():
        if (count := len(set(of.values()))) > MOST:
            raise ReportError(
                f"{path}: column {name} has {count} groups, more than {MOST}; leave it "
                "out, or put its values into classes first"
            )
