"""Videos of a store, counted by what is known of them: no pseudonym leaves here.

Legend: V videos.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from insonify.report.tables.groups import group_of
from insonify.store import Store

NOT_RECORDED: Final = "not recorded"
"""Said of what a store does not know."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Some videos of a store."""

    name: str
    subjects: int
    videos: int
    frames: int
    hours: float
    """From the first to the last kept frame of each video."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """Something by which videos differ."""

    name: str
    groups: tuple[Group, ...]
    """The largest first; what is not recorded last."""


class Videos:
    """The videos of a store as arrays."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.index = store.frames()
        rows = store.videos().sort_by("video")
        self.subject_V = np.array(rows["subject"].to_pylist(), object)
        self.frames_V = np.bincount(self.index.video_N, minlength=len(self.subject_V))
        self.hours_V = rows["duration_s"].to_numpy().astype(np.float64) / 3600
        self.exams_V = rows["exam"].to_pylist()
        self.spaced = len(rows) - rows["spacing_mm"].null_count
        self.facts_V: list[dict[str, Any]] = [
            json.loads(text) for text in rows["facts"].to_pylist()
        ]

    def group(self, name: str, at_V: Flags) -> Group:
        """Count the marked videos."""
        return Group(
            name=name,
            subjects=len(set(self.subject_V[at_V])),
            videos=int(at_V.sum()),
            frames=int(self.frames_V[at_V].sum()),
            hours=float(self.hours_V[at_V].sum()),
        )

    def of(self, subjects: Iterable[str]) -> Flags:
        """Mark the videos of some subjects."""
        return np.isin(self.subject_V, list(subjects))

    def factors(
        self, named: Mapping[str, Sequence[str]], mine_V: Flags
    ) -> Iterator[Factor]:
        """Count the marked videos by each factor that is known of any of them.

        Of factors that make the same groups by the same names, the last is told.

        Args:
            named: The facts that make each factor, by its name.
            mine_V: Which videos.
        """
        told: dict[tuple[Group, ...], Factor] = {}
        for name, parts in named.items():
            value_V = np.array(
                [group_of(each, parts) or NOT_RECORDED for each in self.facts_V], object
            )
            there = set(value_V[mine_V])
            if there - {NOT_RECORDED}:
                groups = [
                    self.group(each, mine_V & (value_V == each)) for each in there
                ]
                ordered = tuple(sorted(groups, key=_order))
                told[ordered] = Factor(name=name, groups=ordered)
        yield from told.values()


def _order(group: Group) -> tuple[bool, int, str]:
    return group.name == NOT_RECORDED, -group.videos, group.name
