"""The predictions file: the border between transfer and report.

One Parquet file holds what every arm (an encoder that is compared) predicted for every
test frame, and in its metadata where that comes from. Numbers can be recomputed and
compared from it years later, without a model.

Legend: N rows, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.coding import keys_of
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

FORMAT: Final = 1
KIND: Final = "predictions"
"""What such a file calls itself."""
SCHEMA: Final = pa.schema(
    [*COLUMNS, ("truth", pa.string()), ("probabilities", pa.list_(pa.float32()))]
)
"""Columns of the file."""


@dataclass(frozen=True, kw_only=True)
class Predictions(PredictedRows):
    """Test predictions of one task of labels on one store.

    Attributes:
        classes: The class that each entry of ``probabilities`` belongs to.
        rows: Table of :data:`SCHEMA`; ``probabilities`` has C entries in [0, 1] that
            sum to 1.

    Raises:
        ReportError: the parts contradict each other.
    """

    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        self.require_columns(SCHEMA)
        require(len(set(self.classes)) == len(self.classes), "a class occurs twice")
        self.require_known("truth", self.classes)
        lengths = pc.unique(pc.list_value_length(self.rows["probabilities"]))
        require(
            lengths.to_pylist() == [len(self.classes)],
            f"probabilities have {lengths.to_pylist()} entries for "
            f"{len(self.classes)} classes",
        )
        table_NC = self.probabilities_NC()
        fine = np.isfinite(table_NC).all() and table_NC.min() >= 0
        fine = fine and np.allclose(table_NC.sum(1), 1, atol=1e-3)
        require(bool(fine), "probabilities are not in [0, 1] or do not sum to 1")

    def probabilities_NC(self) -> npt.NDArray[np.float32]:
        """The column ``probabilities`` as one array, float32."""
        return flat_values(self.rows["probabilities"]).reshape(-1, len(self.classes))


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write a predictions file, atomically; an existing one is replaced."""
    kind = {"format": FORMAT, "classes": list(predictions.classes)}
    write_described(path, predictions.rows, KIND, predictions.head() | kind)


def read_predictions(path: Path) -> Predictions:
    """Read and check what :func:`write_predictions` wrote.

    Args:
        path: The file.

    Raises:
        ReportError: the file is missing, damaged, of another kind or version.
    """
    fields = {**HEAD, "classes": tuple[str, ...]}
    rows, head = read_described(path, KIND, FORMAT, fields)
    try:
        return Predictions(**head, rows=rows)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """Put predictions of the same frames by several arms together.

    What two parts both hold, as the arm of untrained weights often is, is kept once.

    Raises:
        ReportError: the parts differ in task, classes, store or split, an arm of the
            same name is something else in two parts, or a frame has two truths.
    """
    joined = join(parts, same=("task", "classes", "store"), values="probabilities")
    frame_N, truth_N = (
        keys_of(joined.rows, names) for names in (("video", "time_s"), ("truth",))
    )
    once_M = np.unique(frame_N * len(joined.classes) + truth_N)
    _, truths = np.unique(once_M // len(joined.classes), return_counts=True)
    twice = int((truths > 1).sum())
    require(not twice, f"{twice} frames have different truths in different rows")
    return joined
