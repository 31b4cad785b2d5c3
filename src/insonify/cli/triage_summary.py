"""What triage did to the videos of a store, by the facts that ingest kept of them.

Legend: V videos.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from insonify.store import Store

_THRESHOLDS: Final = "thresholds"
"""The fact that holds the options of triage, as JSON."""

Facts = Mapping[str, Any]
Unit = Literal["frames dropped", "frames", "cuts", "pixels"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that triage looks for."""

    count: str
    """Its count, among the facts of a video."""
    name: str
    options: tuple[str, ...]
    """Its thresholds."""
    unit: Unit = "frames dropped"
    """What is counted."""


RULES: Final = (
    Rule(count="black", name="black", options=("black",)),
    Rule(count="frozen", name="freeze", options=("freeze_s", "freeze")),
    Rule(count="lift_off", name="lift-off", options=("lift_off",)),
    Rule(count="colour", name="colour", options=("colour",)),
    Rule(count="duplicates", name="duplicate", options=("duplicate",)),
    Rule(count="replays", name="replay", options=("replay", "replay_s")),
    Rule(
        count="cuts",
        name="cut",
        options=("cut_jump", "cut_correlation", "cut_histogram"),
        unit="cuts",
    ),
    Rule(count="overlay_pixels", name="overlay", options=("overlay_s",), unit="pixels"),
    Rule(
        count="split_screen",
        name="split screen",
        options=("split_screen",),
        unit="frames",
    ),
)
"""In the order in which a frame is judged."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one rule found in a store."""

    rule: Rule
    counts: dict[str, int]
    """By video, of those in which it was looked for."""
    shares: tuple[float, ...]
    """Counts of frames as shares of the frames read, other counts as they are."""
    thresholds: dict[str, tuple[float, ...]]
    """Values of its options, where ingest kept them; several if videos differ."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def videos(self) -> tuple[str, ...]:
        """The videos in which it found something, those with most of it first."""
        found = [video for video, count in self.counts.items() if count]
        return tuple(sorted(found, key=lambda video: (-self.counts[video], video)))


def read_facts(store: Store) -> dict[str, Facts]:
    """The facts of each video, in the order of their pseudonyms."""
    rows = store.videos().sort_by("video")
    names, facts = rows["video"].to_pylist(), rows["facts"].to_pylist()
    return {video: json.loads(text) for video, text in zip(names, facts, strict=True)}


def summarise(facts: Mapping[str, Facts]) -> list[Found]:
    """What every rule found, also of rules that found nothing."""
    return [_found(rule, facts) for rule in RULES]


def figure(facts: Mapping[str, Facts], name: str) -> list[float]:
    """One of triage's figures, of the videos that have it."""
    return [float(each[name]) for each in facts.values() if name in each]


def threshold(facts: Mapping[str, Facts], option: str) -> tuple[float, ...]:
    """The values that an option had, where ingest kept them; in order."""
    kept = [json.loads(f[_THRESHOLDS]) for f in facts.values() if _THRESHOLDS in f]
    return tuple(sorted({each[option] for each in kept if option in each}))


def _found(rule: Rule, facts: Mapping[str, Facts]) -> Found:
    counts = {
        video: int(each[rule.count])
        for video, each in facts.items()
        if rule.count in each
    }
    return Found(
        rule=rule,
        counts=counts,
        shares=tuple(_shares(rule, counts, facts)),
        thresholds={option: threshold(facts, option) for option in rule.options},
    )


def _shares(
    rule: Rule, counts: Mapping[str, int], facts: Mapping[str, Facts]
) -> Sequence[float]:
    if not rule.unit.startswith("frames"):
        return list(counts.values())
    read = [max(int(facts[video].get("frames_read", 0)), 1) for video in counts]
    return [count / of for count, of in zip(counts.values(), read, strict=True)]
