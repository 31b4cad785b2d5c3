"""What ingest did to the videos of a store, and what it refused."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from insonify.ingest.triage.found import (
    Facts,
    Found,
    frames_read,
    kept_thresholds,
    read_facts,
    summarise,
    without_thresholds,
)
from insonify.store import Store

_MARKS: Final = {
    "cuts": "cuts, which no clip crosses",
    "overlay_pixels": "pixels painted over, which the device drew on the image",
    "split_screen": "kept frames that show two images",
}
_PSEUDONYM: Final = re.compile(r"\b[a-z]-[0-9a-f]{16}\b(-\d+)?")
_NUMBER: Final = re.compile(r"(?<![\w.])\d+(\.\d+)?\b")


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often something was found."""

    name: str
    count: int
    videos: int
    """In how many videos."""
    looked: int
    """Of how many in which it was looked for; ingest has learnt rules since."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What became of what was read; plain values."""

    frames_read: int
    """Of the videos that say so."""
    frames_kept: int
    """Of the same videos."""
    told: int
    """Videos that say how many frames were read."""
    dropped: tuple[Count, ...]
    marked: tuple[Count, ...]
    thresholds: dict[str, tuple[float, ...]]
    """Of triage; several values where videos differ."""
    unset: int
    """Videos that do not say by which thresholds."""
    notes: dict[str, int]
    """Oddities that ingest noted: of how many videos each, the most frequent first."""
    rejects: dict[str, int]
    """Refused files by reason, the most frequent first; ``N`` stands for a number."""


def prepared(store: Store) -> Preparation:
    """Count what ingest did, by the facts that it kept of each video."""
    rows, facts = store.videos(), read_facts(store)
    told = {video for video, each in facts.items() if "frames_read" in each}
    kept = zip(rows["video"].to_pylist(), rows["frames"].to_pylist(), strict=True)
    found = {each.rule.count: each for each in summarise(facts)}
    return Preparation(
        frames_read=frames_read(facts),
        frames_kept=sum(count for video, count in kept if video in told),
        told=len(told),
        dropped=tuple(
            _count(each, each.rule.name) for each in found.values() if each.rule.drops
        ),
        marked=tuple(_count(found[count], name) for count, name in _MARKS.items()),
        thresholds=kept_thresholds(facts),
        unset=without_thresholds(facts),
        notes=_frequent(note for each in facts.values() for note in _notes(each)),
        rejects=_frequent(map(impersonal, store.rejects()["reason"].to_pylist())),
    )


def impersonal(reason: str) -> str:
    """A reason without pseudonyms, and with numbers as ``N`` so that it has its like.

    >>> impersonal("the same content as v-0123456789abcdef-2, 3 frames")
    'the same content as another, N frames'
    """
    return _NUMBER.sub("N", _PSEUDONYM.sub("another", reason))


def _count(found: Found, name: str) -> Count:
    return Count(
        name=name,
        count=found.total,
        videos=len(found.videos),
        looked=len(found.counts),
    )


def _notes(facts: Facts) -> Iterator[str]:
    """Each note of a video once."""
    text = str(facts.get("notes", ""))
    yield from dict.fromkeys(impersonal(note) for note in text.split("; ") if note)


def _frequent(names: Iterable[str]) -> dict[str, int]:
    found = Counter(names).items()
    return dict(sorted(found, key=lambda each: (-each[1], each[0])))
