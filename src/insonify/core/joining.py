"""Predictions of several files put together, repeats kept once.

Legend: N rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.coding import keys_of
from insonify.core.errors import ReportError

COLUMNS: Final = [
    ("arm", pa.string()),
    ("protocol", pa.string()),
    ("split", pa.string()),
    ("fold", pa.int32()),
    ("seed", pa.int32()),
    ("fraction", pa.float64()),
    ("subject", pa.string()),
    ("video", pa.string()),
    ("time_s", pa.float64()),
]
"""What every row says: which prediction of which frame it is; ``fraction`` is the
share of labelled training subjects used."""

HEAD: Final[dict[str, Any]] = {
    "task": str,
    "store": str,
    "arms": dict[str, dict[str, Any]],
    "facts": dict[str, Any],
}
"""Types of what every file says of its rows."""

_IDENTITY: Final = [name for name, _ in COLUMNS if name != "subject"]
_SAME: Final = 1e-3
"""Share of the probability that may lie elsewhere in the same prediction; float32
features differ by about 1e-6 between thread counts."""


@dataclass(frozen=True, kw_only=True)
class PredictedRows:
    """What predictions files of any kind hold.

    Attributes:
        task: What was predicted.
        store: Identity of the store the frames come from.
        arms: Provenance of each arm: plain JSON values. ``baseline`` names the arm of
            untrained weights that it is to be compared with, or is None.
        facts: How the file was made: time, version, options; plain JSON values.
        rows: A table that begins with :data:`COLUMNS`.
    """

    task: str
    store: str
    arms: dict[str, dict[str, Any]]
    facts: dict[str, Any]
    rows: pa.Table

    def require_columns(self, schema: pa.Schema) -> None:
        """Refuse rows of other columns, none, values missing, and unknown arms."""
        require(self.rows.schema.equals(schema), "columns are not those of the format")
        require(len(self.rows) > 0, "there are no rows")
        full = not any(column.null_count for column in self.rows.columns)
        require(full, "some values are missing")
        self.require_known("arm", self.arms)

    def require_known(self, column: str, known: Iterable[str]) -> None:
        """Refuse values of a column of which the file says nothing."""
        odd = sorted(set(pc.unique(self.rows[column]).to_pylist()) - set(known))
        require(not odd, f"{column} {odd[:1]} is not described in the metadata")

    def head(self) -> dict[str, Any]:
        """What the file says of its rows, but for what only its kind has."""
        return {
            name: getattr(self, name) for name in ("task", "store", "arms", "facts")
        }


R = TypeVar("R", bound=PredictedRows)


def join(parts: Sequence[R], *, same: Sequence[str], values: str) -> R:
    """Put the rows of all parts together; what two parts both hold is kept once.

    Args:
        parts: At least one.
        same: Attributes that all parts must share.
        values: The column of lists that was predicted.

    Raises:
        ReportError: parts differ in what they must share or in the split, an arm of
            the same name is something else in two parts, or predicts otherwise.
    """
    first = parts[0]
    for part in parts[1:]:
        for name in same:
            mine, its = getattr(first, name), getattr(part, name)
            require(mine == its, f"{name} differs between the files: {mine} and {its}")
    rows = _without_repeats(pa.concat_tables(part.rows for part in parts), values)
    splits = sorted(pc.unique(rows["split"]).to_pylist())
    require(len(splits) == 1, f"the files are of several splits: {splits}")
    facts = first.facts if len(parts) == 1 else {"parts": [p.facts for p in parts]}
    arms = _join_arms(part.arms for part in parts)
    return replace(first, arms=arms, facts=facts, rows=rows)


def _join_arms(
    parts: Iterable[dict[str, dict[str, Any]]],
) -> dict[str, dict[str, Any]]:
    """The arms of all files; one of the same name must be the same thing."""
    joined: dict[str, dict[str, Any]] = {}
    for arms in parts:
        for name, provenance in arms.items():
            require(
                joined.setdefault(name, provenance) == provenance,
                f"arm {name!r} is something else in two files",
            )
    return joined


def _without_repeats(rows: pa.Table, values: str) -> pa.Table:
    """Keep the first of rows that say the same; refuse rows that contradict."""
    _, first, kept_N = np.unique(
        keys_of(rows, _IDENTITY), return_index=True, return_inverse=True
    )
    if len(first) == len(rows):
        return rows
    repeat_N, kept_N = np.arange(len(rows)), first[kept_N]
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
    return rows.take(pa.array(np.sort(first)))


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
