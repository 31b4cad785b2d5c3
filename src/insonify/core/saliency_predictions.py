"""The predictions file of saliency: for every test frame, where one looked and a map.

A sibling of :mod:`insonify.core.predictions`. Maps and points are given over the view
that the encoder saw (:mod:`insonify.core.saliency`), so no frame is needed to score
them.

Legend: N rows, H rows and W columns of a map, P points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.described import read_described, write_described
from insonify.core.errors import ReportError
from insonify.core.joining import (
    COLUMNS,
    HEAD,
    PredictedRows,
    flat_values,
    join,
    require,
)
from insonify.core.saliency import Floats

FORMAT: Final = 1
KIND: Final = "saliency"
"""What such a file calls itself."""
STATIC: Final = "static"
"""The arm that shows every frame the mean map of the training subjects."""

SALIENCY_SCHEMA: Final = pa.schema(
    [
        *COLUMNS,
        ("points", pa.list_(pa.float32())),
        ("sigma", pa.list_(pa.float32(), 2)),
        ("map", pa.list_(pa.float32())),
    ]
)
"""Columns of the file. ``points`` are places right and down in turn, ``sigma`` the
width of a gaze point to the right and down, all as shares of the view; ``map`` holds
the probabilities of the cells, row by row."""

_SAME_PLACE: Final = 1e-4
"""How far apart, in shares of the view, the same point may lie in two rows."""


@dataclass(frozen=True, kw_only=True)
class SaliencyPredictions(PredictedRows):
    """Test predictions of where one looks, on one store.

    ``task`` says what the maps are of, such as ``gaze``; a stand-in says so.

    Attributes:
        shape: Rows and columns of every map.
        rows: Table of :data:`SALIENCY_SCHEMA`; maps are not negative and sum to 1, and
            every frame has a point.

    Raises:
        ReportError: the parts contradict each other.
    """

    shape: tuple[int, int]

    def __post_init__(self) -> None:
        self.require_columns(SALIENCY_SCHEMA)
        require(min(self.shape) > 0, "maps have no rows or no columns")
        cells = self.shape[0] * self.shape[1]
        lengths = pc.unique(pc.list_value_length(self.rows["map"])).to_pylist()
        require(lengths == [cells], f"maps have {lengths} cells, not {cells}")
        maps_NHW = self.maps_NHW()
        fine = np.isfinite(maps_NHW).all() and maps_NHW.min() >= 0
        fine = fine and np.allclose(maps_NHW.sum((1, 2)), 1, atol=1e-3)
        require(bool(fine), "maps are negative or do not sum to 1")
        counts_N = pc.list_value_length(self.rows["points"]).to_numpy()
        fine = (counts_N % 2 == 0).all() and counts_N.min() >= 2
        require(bool(fine), "some frames have no point or half a point")
        flat = flat_values(self.rows["points"])
        fine = (flat >= 0).all() and (flat < 1).all()
        require(bool(fine), "points lie off the view")
        fine = (flat_values(self.rows["sigma"]) > 0).all()
        require(bool(fine), "a sigma is not positive")

    def maps_NHW(self) -> npt.NDArray[np.float32]:
        """The column ``map`` as one array, float32."""
        return flat_values(self.rows["map"]).reshape(-1, *self.shape)

    def sigmas_N2(self) -> Floats:
        """The column ``sigma`` as one array."""
        return flat_values(self.rows["sigma"]).reshape(-1, 2).astype(np.float64)

    def points_of(self) -> list[Floats]:
        """The points of each row: (P, 2)."""
        counts_N = pc.list_value_length(self.rows["points"]).to_numpy()
        flat = flat_values(self.rows["points"]).astype(np.float64)
        parts = np.split(flat, np.cumsum(counts_N)[:-1])
        return [part.reshape(-1, 2) for part in parts]


def write_saliency(path: Path, predictions: SaliencyPredictions) -> None:
    """Write a predictions file, atomically; an existing one is replaced."""
    kind = {"format": FORMAT, "shape": list(predictions.shape)}
    write_described(path, predictions.rows, KIND, predictions.head() | kind)


def read_saliency(path: Path) -> SaliencyPredictions:
    """Read and check what :func:`write_saliency` wrote.

    Args:
        path: The file.

    Raises:
        ReportError: the file is missing, damaged, of another kind or version.
    """
    rows, head = read_described(path, KIND, FORMAT, {**HEAD, "shape": tuple[int, int]})
    try:
        return SaliencyPredictions(**head, rows=rows)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def concatenate_saliency(parts: Sequence[SaliencyPredictions]) -> SaliencyPredictions:
    """Put maps of the same frames by several arms together, repeats kept once.

    Raises:
        ReportError: the parts differ in task, shape, store or split, an arm of the
            same name is something else in two parts, or a frame has different points.
    """
    joined = join(parts, same=("task", "shape", "store"), values="map")
    _require_one_truth(joined)
    return joined


def _require_one_truth(joined: SaliencyPredictions) -> None:
    """Refuse rows of one frame whose points lie in different places."""
    frames = zip(
        *(joined.rows[n].to_pylist() for n in ("video", "time_s")), strict=True
    )
    first: dict[tuple[str, float], Floats] = {}
    twice = {
        frame
        for frame, points_P2 in zip(frames, joined.points_of(), strict=True)
        if not _alike(first.setdefault(frame, points_P2), points_P2)
    }
    require(not twice, f"{len(twice)} frames have different points in different rows")


def _alike(mine_P2: Floats, its_P2: Floats) -> bool:
    same = mine_P2.shape == its_P2.shape
    return same and bool((np.abs(mine_P2 - its_P2) < _SAME_PLACE).all())
