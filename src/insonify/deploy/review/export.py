"""Key frames and tables of a video, as a zip that is whole before its first byte goes.

Legend: T frames, C classes.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from insonify.core.cells import plain_cell
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.images import PNG, Image, Images, encoded
from insonify.store import Stretch
from insonify.transfer.examples import Floats

_IN_MEMORY: Final = 16 * 2**20
_PIECE: Final = 256 * 1024
_NOT_PLAIN: Final = re.compile(r"[^\w-]+")
_THEN: Final = (1980, 1, 1, 0, 0, 0)
"""The time of all files in the zip: when it was made is nobody's concern."""


@dataclass(frozen=True, kw_only=True)
class KeyFrame:
    """A frame that stands for a class."""

    i: int
    kind: str
    """``best`` (the highest smoothed probability) or ``labelled`` (the middle)."""
    label: str
    start_s: float | None = None
    end_s: float | None = None
    author: str | None = None

    @property
    def file(self) -> str:
        """Its name in the zip: nothing in it can leave a folder."""
        return f"{self.i:06d}-{self.kind}-{_NOT_PLAIN.sub('_', self.label)}.png"


@dataclass(frozen=True, kw_only=True)
class Export:
    """A finished zip."""

    name: str
    size: int
    """Bytes."""
    file: IO[bytes]

    def pieces(self) -> Iterator[bytes]:
        """Its content; the file is gone afterwards."""
        with self.file:
            self.file.seek(0)
            while piece := self.file.read(_PIECE):
                yield piece


def key_frames(
    entry: Entry, best: dict[str, int], stretches: Sequence[Stretch]
) -> list[KeyFrame]:
    """The best frame of every class and the middle one of every labelled stretch."""
    found = [KeyFrame(i=i, kind="best", label=label) for label, i in best.items()]
    for stretch in stretches:
        inside = entry.within(stretch.start_s, stretch.end_s)
        if len(inside):
            middle = KeyFrame(
                i=int(inside[len(inside) // 2]),
                kind="labelled",
                label=stretch.label,
                start_s=stretch.start_s,
                end_s=stretch.end_s,
                author=stretch.author,
            )
            found.append(middle)
    return sorted(found, key=lambda one: (one.i, one.kind, one.label))


def exported(
    entry: Entry,
    images: Images,
    *,
    stretches: Sequence[Stretch],
    classes: Sequence[str],
    table_TC: Floats | None,
    best: dict[str, int],
) -> Export:
    """Pack key frames (PNG), ``frames.csv`` and ``keyframes.csv``.

    Args:
        entry: The video.
        images: Where its frames come from.
        stretches: What is labelled.
        classes: Names of the columns of ``table_TC``.
        table_TC: Probabilities; None where there are none.
        best: The best frame of every class.
    """
    chosen = key_frames(entry, best, stretches)
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - pieces() closes it
    with ZipFile(file, "w") as archive:
        for name, i in dict.fromkeys((one.file, one.i) for one in chosen):
            data = _png(images.frame(entry, i), images, entry, i)
            archive.writestr(_named(f"keyframes/{name}"), data, ZIP_STORED)
        tables = {
            "frames.csv": _frame_rows(entry, stretches, classes, table_TC),
            "keyframes.csv": _key_rows(entry, chosen, classes, table_TC),
        }
        for name, rows in tables.items():
            archive.writestr(_named(name), _csv(rows), ZIP_DEFLATED)
    return Export(name=f"{entry.video}.zip", size=file.tell(), file=file)


def _png(image: Image, images: Images, entry: Entry, i: int) -> bytes:
    return image.data if image.media == PNG else encoded(images.pixels(entry, i))


def _named(name: str) -> ZipInfo:
    return ZipInfo(name, _THEN)


def _frame_rows(
    entry: Entry,
    stretches: Sequence[Stretch],
    classes: Sequence[str],
    table_TC: Floats | None,
) -> Iterator[Sequence[Any]]:
    labels = [""] * entry.frames
    for stretch in stretches:
        for i in entry.within(stretch.start_s, stretch.end_s).tolist():
            labels[i] = stretch.label
    shown = classes if table_TC is not None else ()
    yield ["frame", "time_s", "segment", "label", *(f"p({name})" for name in shown)]
    times, segments = entry.times_s_T.tolist(), entry.segments_T.tolist()
    for i, label in enumerate(labels):
        yield [i, _seconds(times[i]), segments[i], label, *_shares(table_TC, i)]


def _key_rows(
    entry: Entry,
    chosen: Iterable[KeyFrame],
    classes: Sequence[str],
    table_TC: Floats | None,
) -> Iterator[Sequence[Any]]:
    yield [
        *("file", "frame", "time_s", "kind", "label", "probability"),
        *("start_s", "end_s", "author"),
    ]
    for one in chosen:
        share: Any = ""
        if table_TC is not None and one.label in classes:
            share = _shares(table_TC, one.i)[classes.index(one.label)]
        yield [
            *(one.file, one.i, _seconds(float(entry.times_s_T[one.i])), one.kind),
            *(one.label, share, _seconds(one.start_s), _seconds(one.end_s)),
            one.author,
        ]


def _shares(table_TC: Floats | None, i: int) -> list[float]:
    return [] if table_TC is None else [round(p, 4) for p in table_TC[i].tolist()]


def _seconds(bound_s: float | None) -> float | None:
    return None if bound_s is None else round(bound_s, 4)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    plain = (map(plain_cell, row) for row in rows)
    csv.writer(text, lineterminator="\n").writerows(plain)
    return text.getvalue()
