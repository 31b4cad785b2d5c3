"""What a page shows of a gallery: the map of its frames, and what is most alike.

Legend: N frames.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from insonify.core.gallery import Gallery
from insonify.report.page.charts import COLOURS, Chart
from insonify.report.page.frame_pictures import jpeg_address
from insonify.report.page.page import percent, script, scripted

_PICTURES: Final = 6_000_000
"""Bytes of pictures that one map may hold; with Plotly's five million and the room that
base64 takes a page stays below 15 MB."""
_QUERIES: Final = 16
_LIKE: Final = 5
"""Rows of the grid of neighbours, and neighbours in each."""
_SYMBOLS: Final = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "x": "✖",
    "star": "★",
}
"""Plotly's names of marks, and how they look: groups are not told apart by colour
alone."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A frame in the grid."""

    picture: str
    subject: str
    truth: str
    same: bool
    """Whether it is of the class of the frame that was asked for."""
    similarity: float


def gallery_shown(gallery: Gallery) -> dict[str, Any]:
    """What the template ``gallery.html`` is given of a gallery."""
    frames = _Frames(gallery)
    return {
        "gallery": gallery,
        "said": gallery_said(gallery),
        "about": list(_about(gallery, frames)),
        "modes": ["class", "subject"] if gallery.classes else ["subject"],
        "data": script(frames.data()),
        "shape": f"{gallery.size[1]} / {gallery.size[0]}",
        "grid": [(frames.asked(row), frames.alike(row)) for row in frames.queries()],
        "charts": scripted(list(_charts(gallery, frames))),
    }


def gallery_said(gallery: Gallery) -> str:
    """One sentence on how well like lies beside like."""
    found = gallery.facts.get("agreement")
    count = len(gallery.rows)
    if not found:
        return f"{gallery.arm}: {count} frames by how alike it finds them."
    share, low, high, chance = (
        percent(found[name]) for name in ("value", "low", "high", "chance")
    )
    return (
        f"{gallery.arm}: of {count} frames {share} (95 % interval {low} to {high}) "
        "have as the most alike frame of another subject one of their own class; by "
        f"chance {chance}."
    )


class _Frames:
    """The columns of a gallery."""

    def __init__(self, gallery: Gallery) -> None:
        rows = gallery.rows
        self.gallery = gallery
        self.classes = gallery.classes
        self.truth: list[str] = rows["truth"].to_pylist()
        self.subject: list[str] = rows["subject"].to_pylist()
        self.near: list[list[int]] = rows["neighbours"].to_pylist()
        self.similar: list[list[float]] = rows["similarities"].to_pylist()
        self.pictures: list[bytes] = rows["thumbnail"].to_pylist()
        self.subjects = sorted(set(self.subject))

    def data(self) -> dict[str, Any]:
        """Everything that the map's script needs."""
        rows = self.gallery.rows
        return {
            "x": [round(value, 4) for value in rows["x"].to_pylist()],
            "y": [round(value, 4) for value in rows["y"].to_pylist()],
            "groups": {
                "class": _codes(self.truth, self.classes),
                "subject": _codes(self.subject, self.subjects),
            },
            "names": {"class": list(self.classes), "subject": self.subjects},
            "near": [each[:_LIKE] for each in self.near],
            "cosines": [[round(c, 3) for c in each[:_LIKE]] for each in self.similar],
            "pictures": self._kept(),
            "colours": COLOURS,
            "symbols": list(_SYMBOLS.items()),
        }

    def _kept(self) -> list[str]:
        """The pictures; of too many only every so-manieth, the others are empty."""
        every = -(-sum(map(len, self.pictures)) // _PICTURES)
        return [
            "" if place % every else base64.b64encode(picture).decode()
            for place, picture in enumerate(self.pictures)
        ]

    def queries(self) -> Iterator[int]:
        """Of each class (or subject) the frame of median likeness to its first."""
        values = self.truth if self.classes else self.subject
        for name in (self.classes or self.subjects)[:_QUERIES]:
            mine = [n for n, value in enumerate(values) if value == name]
            mine = [n for n in mine if self.near[n]]
            if mine:
                yield sorted(mine, key=lambda n: self.similar[n][0])[len(mine) // 2]

    def asked(self, row: int) -> Neighbour:
        return self._one(row, row, 1.0)

    def alike(self, row: int) -> list[Neighbour]:
        pairs = zip(self.near[row][:_LIKE], self.similar[row], strict=False)
        return [self._one(row, other, similarity) for other, similarity in pairs]

    def _one(self, row: int, other: int, similarity: float) -> Neighbour:
        return Neighbour(
            picture=jpeg_address(self.pictures[other]),
            subject=self.subject[other],
            truth=self.truth[other],
            same=self.truth[other] == self.truth[row],
            similarity=similarity,
        )


def _about(gallery: Gallery, frames: _Frames) -> Iterator[str]:
    facts = gallery.facts
    yield (
        f"{facts.get('taken', len(gallery.rows))} of {facts.get('available', '?')} "
        f"frames of {len(frames.subjects)} {facts.get('role', '')} subjects (split "
        f"{facts.get('split')}, fold {facts.get('fold')}), whom this network never "
        "learnt from."
    )
    yield (
        f"{facts.get('method')} (perplexity {facts.get('perplexity'):g}, seed "
        f"{facts.get('seed')}) puts frames beside each other that the network finds "
        "alike. Who lies beside whom means something; how far groups are apart, and "
        "their size, do not."
    )


def _charts(gallery: Gallery, frames: _Frames) -> Iterator[Chart]:
    """Share of each class whose first neighbour is of it, beside chance."""
    if not gallery.classes:
        return
    right, chance, names = [], [], []
    for name in gallery.classes:
        mine = [n for n, truth in enumerate(frames.truth) if truth == name]
        asked = [n for n in mine if frames.near[n]]
        if asked:
            same = [frames.truth[frames.near[n][0]] == name for n in asked]
            names.append(f"{name} ({len(asked)})")
            right.append(round(float(np.mean(same)), 4))
            chance.append(round(float(np.mean(_chances(frames, asked, name))), 4))
    bars = {"type": "bar", "orientation": "h", "y": names}
    yield Chart(
        title="Most alike frame of another subject is of the same class",
        data=[
            {**bars, "name": "found", "x": right, "marker": {"color": COLOURS[0]}},
            {**bars, "name": "by chance", "x": chance, "marker": {"color": COLOURS[6]}},
        ],
        layout={
            "height": 110 + 30 * len(names),
            "xaxis": {"range": [0, 1], "tickformat": ".0%"},
            "yaxis": {"autorange": "reversed"},
        },
    )


def _chances(frames: _Frames, asked: Sequence[int], name: str) -> list[float]:
    """Share of other subjects' frames that are of a class, for each frame."""
    truth_N, subject_N = np.array(frames.truth), np.array(frames.subject)
    return [
        float((truth_N[subject_N != frames.subject[n]] == name).mean()) for n in asked
    ]


def _codes(values: Sequence[str], names: Sequence[str]) -> list[int]:
    place = {name: number for number, name in enumerate(names)}
    return [place.get(value, 0) for value in values]
