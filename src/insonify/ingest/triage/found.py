"""What triage did to the videos of a store, by the facts that ingest kept of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from insonify.store import Store

_READ: Final = "frames_read"
"""The fact that says of how many frames a video was made."""
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

    @property
    def drops(self) -> bool:
        """Whether the frames that it finds are dropped."""
        return self.unit == "frames dropped"


RULES: Final = (
    Rule(count="black", name="black", options=("black",)),
    Rule(count="frozen", name="freeze", options=("freeze_s", "freeze")),
    Rule(count="lift_off", name="lift-off", options=("lift_off",)),
    Rule(count="colour", name="colour flow", options=("colour",)),
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
    """By video, of those in which it was looked for; ingest has learnt rules since."""
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
    thresholds = kept_thresholds(facts)
    return [_found(rule, facts, thresholds) for rule in RULES]


def kept_thresholds(facts: Mapping[str, Facts]) -> dict[str, tuple[float, ...]]:
    """The values that options had, where ingest kept them; of each, in order."""
    texts = dict.fromkeys(f[_THRESHOLDS] for f in facts.values() if _THRESHOLDS in f)
    kept = [json.loads(text) for text in texts]
    names = dict.fromkeys(name for each in kept for name in each)
    return {
        name: tuple(sorted({each[name] for each in kept if name in each}))
        for name in names
    }


def without_thresholds(facts: Mapping[str, Facts]) -> int:
    """Videos that do not say by which thresholds they were judged."""
    return sum(_THRESHOLDS not in each for each in facts.values())


def frames_read(facts: Mapping[str, Facts]) -> int:
    """Frames of the sources, of the videos that say so."""
    return sum(int(each.get(_READ, 0)) for each in facts.values())


def figure(facts: Mapping[str, Facts], name: str) -> list[float]:
    """One of triage's figures, of the videos that have it."""
    return [float(each[name]) for each in facts.values() if name in each]


def _found(
    rule: Rule,
    facts: Mapping[str, Facts],
    thresholds: Mapping[str, tuple[float, ...]],
) -> Found:
    counts = {
        video: int(each[rule.count])
        for video, each in facts.items()
        if rule.count in each
    }
    return Found(
        rule=rule,
        counts=counts,
        shares=tuple(_shares(rule, counts, facts)),
        thresholds={option: thresholds.get(option, ()) for option in rule.options},
    )


def _shares(
    rule: Rule, counts: Mapping[str, int], facts: Mapping[str, Facts]
) -> Sequence[float]:
    if not rule.unit.startswith("frames"):
        return list(counts.values())
    read = [max(int(facts[video].get(_READ, 0)), 1) for video in counts]
    return [count / of for count, of in zip(counts.values(), read, strict=True)]
