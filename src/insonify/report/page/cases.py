"""Frames that an arm was surest of: those it had right, and those it had wrong.

Legend: N rows, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.predictions import Predictions
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.tables.metrics import Floats
from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Row, Table

SHOWN: Final = 6
"""Frames of each kind, of as many videos."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One frame and what was decided."""

    picture: str
    """Address of its picture; a data URL."""
    truth: str
    decided: str
    confidence: float
    """Probability of the class that was decided."""
    subject: str

    @property
    def right(self) -> bool:
        return self.truth == self.decided


@dataclass(frozen=True, kw_only=True)
class Cases:
    """The surest decisions of one arm, among the frames of which there is a picture."""

    arm: str
    protocol: str
    frames: int
    """Tested frames of which there is a picture."""
    right: tuple[Case, ...]
    wrong: tuple[Case, ...]


def plane_cases(
    predictions: Predictions, table: Table, pictures: FramePictures
) -> tuple[Cases, ...]:
    """Cases of each primary row, by its first seed; of none that have no picture.

    Pretrained arms come first, the one with the largest gain before all.
    """
    rows = sorted(primary_rows(table), key=_gain, reverse=True)
    found = [_cases(row, predictions, pictures) for row in rows] if pictures else []
    return tuple(each for each in found if each.frames)


def _gain(row: Row) -> float:
    return row.gains["macro_f1"].value if "macro_f1" in row.gains else -np.inf


def _cases(row: Row, predictions: Predictions, pictures: FramePictures) -> Cases:
    rows, scores_NC = _of(row, predictions, pictures)
    names = np.array(predictions.classes)
    decided_N, sure_N = names[scores_NC.argmax(1)], scores_NC.max(1)
    right_N = decided_N == np.array(rows["truth"].to_pylist(), dtype=names.dtype)
    frames = rows.to_pylist()

    def surest(places: Any) -> tuple[Case, ...]:
        ordered = sorted(places.tolist(), key=lambda place: -sure_N[place])
        firsts: dict[str, int] = {}
        for place in ordered:
            firsts.setdefault(frames[place]["video"], place)
        return tuple(
            Case(
                picture=str(pictures.of(each["video"], each["time_s"])),
                truth=each["truth"],
                decided=str(decided_N[place]),
                confidence=float(sure_N[place]),
                subject=each["subject"],
            )
            for place in list(firsts.values())[:SHOWN]
            for each in [frames[place]]
        )

    return Cases(
        arm=row.arm,
        protocol=row.protocol,
        frames=len(rows),
        right=surest(np.flatnonzero(right_N)),
        wrong=surest(np.flatnonzero(~right_N)),
    )


def _of(
    row: Row, predictions: Predictions, pictures: FramePictures
) -> tuple[pa.Table, Floats]:
    """Rows of an arm's first seed that have a picture, and their probabilities."""
    rows = predictions.rows
    mine = pc.and_(
        pc.and_(
            pc.equal(rows["arm"], row.arm), pc.equal(rows["protocol"], row.protocol)
        ),
        pc.equal(rows["fraction"], row.fraction),
    )
    place_N = np.flatnonzero(mine.to_numpy(zero_copy_only=False))
    seed_N = rows["seed"].take(pa.array(place_N)).to_numpy()
    place_N = place_N[seed_N == seed_N.min()]
    kept = rows.take(pa.array(place_N))
    frames: Sequence[tuple[str, float]] = list(
        zip(kept["video"].to_pylist(), kept["time_s"].to_pylist(), strict=True)
    )
    seen_N = np.array([frame in pictures for frame in frames], bool)
    scores_NC = np.array(kept["probabilities"].to_pylist(), np.float64)
    return kept.filter(pa.array(seen_N)), scores_NC[seen_N]
