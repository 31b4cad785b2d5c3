"""Runs put together that differ in fold and seed alone."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from insonify.report.page.run_record import RunRecord

_APART: Final = frozenset({"fold", "seed"})
"""Options in which the runs of a group may differ …"""
_OUTSIDE: Final = frozenset({"workers", "cache_mb", "checkpoint_every"})
"""… and others, that change nothing of what is learnt."""


@dataclass(frozen=True, kw_only=True)
class RunGroup:
    """Runs of one recipe with the same options."""

    name: str
    """The recipe, and what sets it apart from others of the same recipe."""
    runs: tuple[RunRecord, ...]

    @property
    def finished(self) -> int:
        return sum(run.finished for run in self.runs)

    def values(self, option: str) -> list[Any]:
        """What an option is in the runs, each value once."""
        found = (run.options.get(option) for run in self.runs)
        return sorted({value for value in found if value is not None})


def group_runs(runs: Sequence[RunRecord]) -> list[RunGroup]:
    """Put runs together, in the order of their recipes."""
    grouped: dict[str, list[RunRecord]] = {}
    for run in runs:
        grouped.setdefault(_key(run), []).append(run)
    groups = sorted(grouped.values(), key=lambda group: group[0].recipe)
    names = list(_names([group[0] for group in groups]))
    return [
        RunGroup(name=name, runs=tuple(group))
        for name, group in zip(names, groups, strict=True)
    ]


def flat(options: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Options within options by their names joined with dots.

    >>> flat({"clips": {"frames": 4}, "batch": 2})
    {'clips.frames': 4, 'batch': 2}
    """
    found: dict[str, Any] = {}
    for name, value in options.items():
        nested = isinstance(value, dict)
        found |= flat(value, f"{before}{name}.") if nested else {before + name: value}
    return found


def _key(run: RunRecord) -> str:
    kept = {k: v for k, v in run.options.items() if k not in _APART | _OUTSIDE}
    return json.dumps([run.store, kept, run.config.get("initial")], sort_keys=True)


def _names(firsts: Sequence[RunRecord]) -> Iterator[str]:
    """Recipe of each group, with the options that others of its recipe have not."""
    for run in firsts:
        others = [flat(o.options) for o in firsts if o.recipe == run.recipe]
        mine, parts = flat(run.options), [run.recipe]
        for name, value in mine.items():
            last = name.rpartition(".")[2]
            if last in _APART | _OUTSIDE:
                continue
            if any(other.get(name) != value for other in others):
                parts.append(f"{last.replace('_', ' ')} {_word(value)}")
        if len({o.store for o in firsts if o.recipe == run.recipe}) > 1:
            parts.append(f"store {run.store}")
        yield ", ".join(parts)


def _word(value: Any) -> str:
    if isinstance(value, list):
        return " x ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
