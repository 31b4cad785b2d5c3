"""What a run of ``insonify pretrain`` says of itself, read as plain values.

No weights are opened, and nothing of :mod:`insonify.train` is needed: a report can be
made of runs of years ago.

Legend: N rows of a curve.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ReportError
from insonify.report.tables.metrics import Floats

CONFIG: Final = "config.json"
"""The file whose presence makes a folder a run."""
_CHECKPOINT: Final = Path("checkpoint") / "checkpoint.json"
"""Written last: its presence says that the run is finished."""


class Curve(NamedTuple):
    """One figure over the steps in which it was measured."""

    steps_N: npt.NDArray[np.int64]
    values_N: Floats


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run."""

    store: str
    """Identity of the store that it learnt from."""
    options: dict[str, Any]
    config: dict[str, Any]
    """The whole of config.json."""
    environment: dict[str, Any]
    provenance: dict[str, Any]
    """What its checkpoint says; empty while it is not finished."""
    finished: bool
    curves: dict[str, Curve]
    """By the figure's name in metrics.jsonl."""

    @property
    def recipe(self) -> str:
        """Name of its recipe; an encoder taught by gaze has it in its checkpoint."""
        name = self.options.get("recipe") or self.provenance.get("recipe")
        return str(name or "gaze")

    @property
    def steps(self) -> int:
        """Steps done."""
        return max((int(each.steps_N[-1]) for each in self.curves.values()), default=0)

    @property
    def hours(self) -> float:
        """Time spent in steps; nan where the speed was not measured."""
        if "clips_a_second" not in self.curves or "batch" not in self.options:
            return math.nan
        speed_N = self.curves["clips_a_second"].values_N
        return float((self.options["batch"] / speed_N[speed_N > 0]).sum() / 3600)


def read_run(folder: Path) -> RunRecord:
    """Read a run folder, finished or not.

    Raises:
        ReportError: a file of it is missing or damaged.
    """
    config = _json(folder / CONFIG)
    if not isinstance(config.get("options"), dict):
        raise ReportError(
            f"{folder / CONFIG}: not of a run of `insonify pretrain`; name its folder"
        )
    finished = (folder / _CHECKPOINT).exists()
    card = _json(folder / _CHECKPOINT) if finished else {}
    environment = folder / "environment.json"
    return RunRecord(
        store=str(config.get("store", "")),
        options=config["options"],
        config=config,
        environment=_json(environment) if environment.exists() else {},
        provenance=_object(card.get("provenance")),
        finished=finished,
        curves=_curves(folder / "metrics.jsonl"),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(
            f"{path}: not readable as JSON ({type(error).__name__}); restore the file"
        ) from None
    if not isinstance(found, dict):
        raise ReportError(f"{path}: holds no JSON object; restore the file")
    return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _curves(path: Path) -> dict[str, Curve]:
    """All figures that are finite; a last row cut short by a kill is left out."""
    lines = path.read_text().splitlines() if path.exists() else []
    found: dict[str, tuple[list[int], list[float]]] = {}
    for number, line in enumerate(lines, 1):
        if not line.endswith("}"):
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise ReportError(
                f"{path}: line {number} is not JSON; restore the file"
            ) from None
        for name, value in row.items():
            if name != "step" and math.isfinite(value):
                steps, values = found.setdefault(name, ([], []))
                steps.append(row["step"])
                values.append(value)
    return {
        name: Curve(np.array(steps, np.int64), np.array(values, np.float64))
        for name, (steps, values) in found.items()
    }
