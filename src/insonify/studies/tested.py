"""What a study has tested: a file of predictions, and more as the study grows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow.parquet as pq

from insonify.core.joining import PredictedRows
from insonify.studies.runs import Run

PLANES: Final = "planes"
SALIENCY: Final = "saliency"
"""What files of predictions are called: planes.parquet, planes-2.parquet and so on."""

R = TypeVar("R", bound=PredictedRows)


def files(out: Path, kind: str) -> list[Path]:
    """The files of one kind that a study has, in the order in which they came."""
    found: list[Path] = []
    while (path := _file(out, kind, len(found) + 1)).exists():
        found.append(path)
    return found


def untested(
    out: Path, kind: str, runs: Sequence[Run]
) -> Iterator[tuple[list[Run], tuple[int, ...], Path]]:
    """Runs that no file tells of, with their seeds and the file that they belong into.

    Runs of arms that lack the same seeds come together.
    """
    there = files(out, kind)
    known = {pair for path in there for pair in _tested(path)}
    missing: dict[str, list[int]] = {}
    for run in runs:
        seed, seeds = run.options.seed, missing.setdefault(run.arm, [])
        if (run.arm, seed) not in known and seed not in seeds:
            seeds.append(seed)
    together = dict.fromkeys(tuple(seeds) for seeds in missing.values() if seeds)
    for number, seeds_ in enumerate(together, len(there) + 1):
        few = [
            run
            for run in runs
            if tuple(missing[run.arm]) == seeds_ and run.options.seed in seeds_
        ]
        yield few, seeds_, _file(out, kind, number)


def read_all(
    out: Path,
    kind: str,
    read: Callable[[Path], R],
    concatenate: Callable[[Sequence[R]], R],
) -> R:
    """The predictions of all files of one kind, as one.

    An arm that grew by seeds has other checkpoints in each file; it has all of them.
    Untrained weights, and other arms that nothing was trained for, come last.

    Raises:
        ReportError: a file is damaged, or two contradict each other.
    """
    parts = [read(path) for path in files(out, kind)]
    arms: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, told in part.arms.items():
            arms[name] = _with_checkpoints(arms.get(name, told), told)
    joined = concatenate(
        [replace(part, arms={name: arms[name] for name in part.arms}) for part in parts]
    )
    last = sorted(joined.arms, key=lambda name: not joined.arms[name].get("baseline"))
    return replace(joined, arms={name: joined.arms[name] for name in last})


def _with_checkpoints(known: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What is known of an arm, with the checkpoints that another file tells of."""
    mine, its = known.get("checkpoints", []), told.get("checkpoints", [])
    if not its:
        return known
    return known | {"checkpoints": mine + [card for card in its if card not in mine]}


def _tested(path: Path) -> set[tuple[str, int]]:
    """Arms and seeds that a file has predictions of."""
    rows = pq.read_table(path, columns=["arm", "seed"])
    pairs = rows.group_by(["arm", "seed"]).aggregate([]).to_pylist()
    return {(pair["arm"], pair["seed"]) for pair in pairs}


def _file(out: Path, kind: str, number: int) -> Path:
    return out / (f"{kind}.parquet" if number == 1 else f"{kind}-{number}.parquet")
