"""The predictions file: the border between transfer and report.

One Parquet file holds what every arm (an encoder that is compared) predicted for every
test frame, and in its metadata where that comes from. Numbers can be recomputed and
compared from it years later, without a model.

Legend: N rows, C classes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.described import read_described, write_described
from insonify.core.errors import ReportError

FORMAT: Final = 1
KIND: Final = "predictions"
"""What such a file calls itself."""
_SAME: Final = 1e-3
"""Share of the probability that may lie elsewhere in the same prediction; float32
features differ by about 1e-6 between thread counts."""

SCHEMA: Final = pa.schema(
    [
        ("arm", pa.string()),
        ("protocol", pa.string()),
        ("split", pa.string()),
        ("fold", pa.int32()),
        ("seed", pa.int32()),
        ("fraction", pa.float64()),
        ("subject", pa.string()),
        ("video", pa.string()),
        ("time_s", pa.float64()),
        ("truth", pa.string()),
        ("probabilities", pa.list_(pa.float32())),
    ]
)
"""Columns of the file; ``fraction`` is the share of labelled training subjects used."""

_IDENTITY: Final = [name for name in SCHEMA.names[:9] if name != "subject"]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Test predictions of one task on one store.

    Attributes:
        task: Name of the label task.
        classes: The class that each entry of ``probabilities`` belongs to.
        store: Identity of the store the frames come from.
        arms: Provenance of each arm: plain JSON values. ``baseline`` names the arm of
            untrained weights that it is to be compared with, or is None.
        facts: How the file was made: time, version, options; plain JSON values.
        rows: Table of :data:`SCHEMA`; ``probabilities`` has C entries in [0, 1] that
            sum to 1.

    Raises:
        ReportError: the parts contradict each other.
    """

    task: str
    classes: tuple[str, ...]
    store: str
    arms: dict[str, dict[str, Any]]
    facts: dict[str, Any]
    rows: pa.Table

    def __post_init__(self) -> None:
        require(self.rows.schema.equals(SCHEMA), "columns are not those of SCHEMA")
        require(len(self.rows) > 0, "there are no rows")
        require(
            not any(column.null_count for column in self.rows.columns),
            "some values are missing",
        )
        require(len(set(self.classes)) == len(self.classes), "a class occurs twice")
        for name, known in (("arm", set(self.arms)), ("truth", set(self.classes))):
            found = set(pc.unique(self.rows[name]).to_pylist())
            odd = sorted(found - known)
            require(not odd, f"{name} {odd[:1]} is not described in the metadata")
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
    head = {
        "format": FORMAT,
        "task": predictions.task,
        "classes": list(predictions.classes),
        "store": predictions.store,
        "arms": predictions.arms,
        "facts": predictions.facts,
    }
    write_described(path, predictions.rows, KIND, head)


def read_predictions(path: Path) -> Predictions:
    """Read and check what :func:`write_predictions` wrote.

    Raises:
        ReportError: the file is missing, damaged, of another kind or version.
    """
    rows, head = read_described(path, KIND, FORMAT)
    classes = tuple(head.pop("classes"))
    try:
        return Predictions(**head, classes=classes, rows=rows)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """Put predictions of the same frames by several arms together.

    What two parts both hold, as the arm of untrained weights often is, is kept once.

    Raises:
        ReportError: the parts differ in task, classes, store or split, an arm of the
            same name is something else in two parts, or a frame has two truths.
    """
    first = parts[0]
    for part in parts[1:]:
        for name in ("task", "classes", "store"):
            mine, its = getattr(first, name), getattr(part, name)
            require(mine == its, f"{name} differs between the files: {mine} and {its}")
    rows = without_repeats(
        pa.concat_tables(part.rows for part in parts), _IDENTITY, "probabilities"
    )
    splits = sorted(pc.unique(rows["split"]).to_pylist())
    require(len(splits) == 1, f"the files are of several splits: {splits}")
    frames = rows.group_by(["video", "time_s"]).aggregate([("truth", "count_distinct")])
    twice = pc.sum(pc.greater(frames["truth_count_distinct"], 1)).as_py()
    require(not twice, f"{twice} frames have different truths in different rows")
    return Predictions(
        task=first.task,
        classes=first.classes,
        store=first.store,
        arms=join_arms(part.arms for part in parts),
        facts=first.facts if len(parts) == 1 else {"parts": [p.facts for p in parts]},
        rows=rows,
    )


def join_arms(parts: Iterable[dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The arms of all files; one of the same name must be the same thing."""
    joined: dict[str, dict[str, Any]] = {}
    for arms in parts:
        for name, provenance in arms.items():
            require(
                joined.setdefault(name, provenance) == provenance,
                f"arm {name!r} is something else in two files",
            )
    return joined


def without_repeats(rows: pa.Table, identity: Sequence[str], values: str) -> pa.Table:
    """Keep the first of rows that say the same; refuse rows that contradict.

    Args:
        rows: The rows of all files.
        identity: Columns that say which prediction a row is.
        values: The column of lists that was predicted.
    """
    numbered = rows.append_column("row", pa.array(np.arange(len(rows))))
    first = numbered.group_by(identity).aggregate([("row", "min")])
    if len(first) == len(rows):
        return rows
    keys = [*identity, "row"]
    paired = numbered.select(keys).join(first, list(identity), join_type="inner")
    repeat_N, kept_N = (paired[name].to_numpy() for name in ("row", "row_min"))
    again = repeat_N != kept_N
    mine, its = (
        flat_values(rows[values].take(pa.array(at[again]))).reshape(again.sum(), -1)
        for at in (repeat_N, kept_N)
    )
    apart = np.abs(mine - its).sum(1).max() / 2
    arms = sorted(set(rows["arm"].take(pa.array(repeat_N[again])).to_pylist()))
    require(
        bool(apart < _SAME),
        f"arms {arms} predict the same frames twice and differently (by {apart:.3f})",
    )
    return rows.take(pa.array(np.sort(first["row_min"].to_numpy())))


def flat_values(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """All entries of a column of lists, one after the other."""
    # `.flatten()` of the combined column, not `.values`: the latter ignores slices.
    flat = pa.chunked_array(column).combine_chunks().flatten()
    values: npt.NDArray[np.float32] = flat.to_numpy(zero_copy_only=False)
    return values


def require(right: bool, found: str) -> None:
    """Refuse what contradicts itself.

    Raises:
        ReportError: it is not ``right``; says what was ``found``.
    """
    if not right:
        raise ReportError(
            f"{found}; run `insonify transfer` once for everything that is compared"
        )
