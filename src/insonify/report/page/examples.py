"""Frames whose saliency maps are worth a look: the best, the median and the worst.

Legend: N rows, H rows and W columns of a map.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.core.saliency import Floats, target_map
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.page.heat import picture
from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.saliency_metrics import kl

_LEAST: Final = 3
"""Frames with pictures from which on only these are chosen from."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One map of a frame."""

    title: str
    picture: str
    """Address of a PNG; a data URL."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One frame: where one looked, and every arm's map of it."""

    title: str
    shape: tuple[int, int]
    """Rows and columns of the maps."""
    points: tuple[tuple[float, float], ...]
    """Where one looked: columns and rows of the map."""
    maps: tuple[Drawn, ...]
    beneath: str | None = None
    """Address of the frame's picture; None where there is none."""


def saliency_examples(
    predictions: SaliencyPredictions,
    table: Table,
    pictures: FramePictures | None = None,
) -> tuple[Example, ...]:
    """Best, median and worst frame by KL of the last pretrained arm, its first seed.

    Args:
        predictions: The maps.
        table: What was made of them; maps of its primary rows are shown.
        pictures: Pictures of some frames; where there are three or more of frames with
            maps, only frames with a picture are chosen from.
    """
    shown = primary_rows(table)
    pretrained = [row for row in shown if row.gains] or shown
    if not pretrained:
        return ()
    chosen, frames = pretrained[-1], _Frames(predictions, pictures)
    worth = sorted(frames.of(chosen), key=frames.kl)
    seen = [row for row in worth if frames.picture(row)]
    among = f", of {len(seen)} with a picture" if len(seen) >= _LEAST else ""
    worth = seen if among else worth
    picked = {"Best": worth[0], "Median": worth[len(worth) // 2], "Worst": worth[-1]}
    return tuple(
        _example(f"{word} frame of {chosen.arm}{among}", row, shown, frames)
        for word, row in picked.items()
    )


class _Frames:
    """The columns of the file, and maps and targets of single rows."""

    def __init__(
        self, predictions: SaliencyPredictions, pictures: FramePictures | None
    ) -> None:
        rows = predictions.rows
        self._pictures = pictures
        names = ("arm", "protocol", "fraction", "seed", "video", "time_s")
        self.keys = list(zip(*(rows[n].to_pylist() for n in names), strict=True))
        self.shape = predictions.shape
        self.points = predictions.points_of()
        self._sigmas_N2 = predictions.sigmas_N2()
        self._maps_NHW = predictions.maps_NHW()

    def of(self, row: Row) -> list[int]:
        """Rows of an arm, protocol and label fraction, of the first seed."""
        key = row.arm, row.protocol, row.fraction
        mine = [n for n, each in enumerate(self.keys) if each[:3] == key]
        first = min(self.keys[n][3] for n in mine)
        return [n for n in mine if self.keys[n][3] == first]

    def picture(self, row: int) -> str | None:
        """Address of the picture of a row's frame."""
        return self._pictures.of(*self.keys[row][4:]) if self._pictures else None

    def alike(self, row: int) -> list[int]:
        """Rows of the same frame."""
        place = self.keys[row][4:]
        return [n for n, each in enumerate(self.keys) if each[4:] == place]

    def predicted(self, row: int) -> Floats:
        map_HW: Floats = self._maps_NHW[row].astype(np.float64)
        return map_HW

    def target(self, row: int) -> Floats:
        return target_map(self.points[row], self._sigmas_N2[row], self.shape)

    def kl(self, row: int) -> float:
        return float(kl(self.target(row)[None], self.predicted(row)[None])[0])


def _example(title: str, row: int, shown: Sequence[Row], frames: _Frames) -> Example:
    height, width = frames.shape
    maps = [Drawn(title="where one looked", picture=picture(frames.target(row)))]
    for arm, other in _others(row, shown, frames).items():
        title_of_map = f"{arm}, KL {frames.kl(other):z.2f}"
        maps.append(Drawn(title=title_of_map, picture=picture(frames.predicted(other))))
    return Example(
        title=title,
        shape=frames.shape,
        points=tuple((x * width, y * height) for x, y in frames.points[row].tolist()),
        maps=tuple(maps),
        beneath=frames.picture(row),
    )


def _others(row: int, shown: Sequence[Row], frames: _Frames) -> dict[str, int]:
    """Row of the same frame by the static map, then by every arm that is shown."""
    wanted = {(each.arm, each.protocol, each.fraction) for each in shown}
    found: dict[str, int] = {}
    for other in sorted(frames.alike(row), key=lambda n: frames.keys[n]):
        arm = frames.keys[other][0]
        if arm == STATIC or frames.keys[other][:3] in wanted:
            found.setdefault(arm, other)
    first = {STATIC: found.pop(STATIC)} if STATIC in found else {}
    return first | found
