"""The audit file: what a pretrained network answered while cues were taken from it.

Written by :mod:`insonify.audit`, read by :mod:`insonify.report`, which needs no model.

Legend: N rows, P numbers of an answer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.described import read_described, write_described
from insonify.core.errors import ReportError

FORMAT: Final = 1
KIND: Final = "audit"
"""What such a file calls itself."""
SCHEMA: Final = pa.schema(
    [
        ("question", pa.string()),
        ("condition", pa.string()),
        ("clip", pa.int64()),
        ("subject", pa.string()),
        ("motion", pa.float32()),
        ("truth", pa.list_(pa.float32())),
        ("answer", pa.list_(pa.float32())),
    ]
)
"""Columns of the file. ``motion`` is the clip's path length in grey levels; ``truth``
and ``answer`` are one class or clip, or the parameters of a transform."""

Floats = npt.NDArray[np.float64]
Meaning = Literal["real", "empty", "kept", "baseline"]
"""What a condition shows: all; a cue without anatomy, on which skill should vanish;
anatomy without a cue, on which it should stay; or no network answers at all."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One way of showing the clips, or of answering without a network."""

    name: str
    meaning: Meaning
    says: str
    """What is done, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that is asked of a clip."""

    name: str
    classes: tuple[str, ...] = ()
    """Names of the classes, where the answer is one."""
    parameters: tuple[str, ...] = ()
    """Names of the parameters, where the answer is some."""
    clips: int = 0
    """Number of clips to choose among, where the answer is one of them."""

    @property
    def choices(self) -> int:
        """Of how many answers one is right; 0 for parameters."""
        return self.clips or len(self.classes)


@dataclass(frozen=True, kw_only=True)
class AuditRows:
    """Answers to every question under every condition, on held-out clips.

    Attributes:
        store: Identity of the store the clips come from.
        questions: What was asked.
        conditions: Under which conditions; the first is the real clips.
        facts: Run, recipe, time and options; plain JSON values.
        rows: Table of :data:`SCHEMA`.

    Raises:
        ReportError: the parts contradict each other.
    """

    store: str
    questions: tuple[Question, ...]
    conditions: tuple[Condition, ...]
    facts: dict[str, Any]
    rows: pa.Table

    def __post_init__(self) -> None:
        _require(self.rows.schema.equals(SCHEMA), "columns are not those of an audit")
        _require(len(self.rows) > 0, "there are no rows")
        for column, known in (
            ("question", (each.name for each in self.questions)),
            ("condition", (each.name for each in self.conditions)),
        ):
            odd = set(pc.unique(self.rows[column]).to_pylist()) - set(known)
            _require(not odd, f"{column} {sorted(odd)[:1]} is not described")

    def of(self, question: str, condition: str) -> pa.Table:
        """Rows of one question under one condition, by clip; perhaps none."""
        table = self.rows.filter(
            pc.and_(
                pc.equal(self.rows["question"], question),
                pc.equal(self.rows["condition"], condition),
            )
        )
        return table.sort_by("clip")


_HEAD: Final[dict[str, Any]] = {
    "store": str,
    "questions": tuple[Question, ...],
    "conditions": tuple[Condition, ...],
    "facts": dict[str, Any],
}
"""Types of what a file says of its rows."""


def lists(column: pa.ChunkedArray) -> Floats:
    """A column of lists of one length as an array (N, P)."""
    return np.array(column.to_pylist(), np.float64)


def write_audit(path: Path, audit: AuditRows) -> None:
    """Write an audit file, atomically; an existing one is replaced."""
    head = {
        "format": FORMAT,
        "store": audit.store,
        "questions": [vars(each) for each in audit.questions],
        "conditions": [vars(each) for each in audit.conditions],
        "facts": audit.facts,
    }
    write_described(path, audit.rows, KIND, head)


def read_audit(path: Path) -> AuditRows:
    """Read and check what :func:`write_audit` wrote.

    Raises:
        ReportError: the file is missing, damaged, of another kind or version.
    """
    rows, head = read_described(path, KIND, FORMAT, _HEAD)
    try:
        return AuditRows(**head, rows=rows)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def _require(right: bool, found: str) -> None:
    if not right:
        raise ReportError(f"{found}; run `insonify audit` again")
