"""What ingest did to the videos of a store, and what it refused."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from insonify.report.page.data_flow import DROPPED
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
    rows = store.videos()
    facts: list[dict[str, Any]] = [json.loads(t) for t in rows["facts"].to_pylist()]
    kept = rows["frames"].to_pylist()
    told = [
        ("frames_read" in each, count) for each, count in zip(facts, kept, strict=True)
    ]
    return Preparation(
        frames_read=sum(int(each.get("frames_read", 0)) for each in facts),
        frames_kept=sum(count for is_told, count in told if is_told),
        told=sum(is_told for is_told, _ in told),
        dropped=tuple(_count(facts, *rule) for rule in DROPPED.items()),
        marked=tuple(_count(facts, *rule) for rule in _MARKS.items()),
        thresholds=_thresholds(facts),
        unset=sum("thresholds" not in each for each in facts),
        notes=_frequent(note for each in facts for note in _notes(each)),
        rejects=_frequent(map(impersonal, store.rejects()["reason"].to_pylist())),
    )


def impersonal(reason: str) -> str:
    """A reason without pseudonyms, and with numbers as ``N`` so that it has its like.

    >>> impersonal("the same content as v-0123456789abcdef-2, 3 frames")
    'the same content as another, N frames'
    """
    return _NUMBER.sub("N", _PSEUDONYM.sub("another", reason))


def _count(facts: list[dict[str, Any]], fact: str, name: str) -> Count:
    counts = [int(each[fact]) for each in facts if fact in each]
    return Count(
        name=name,
        count=sum(counts),
        videos=sum(count > 0 for count in counts),
        looked=len(counts),
    )


def _thresholds(facts: list[dict[str, Any]]) -> dict[str, tuple[float, ...]]:
    kept = [
        json.loads(text)
        for text in {f["thresholds"] for f in facts if "thresholds" in f}
    ]
    names = dict.fromkeys(name for each in kept for name in each)
    return {
        name: tuple(sorted({each[name] for each in kept if name in each}))
        for name in names
    }


def _notes(facts: dict[str, Any]) -> Iterator[str]:
    """Each note of a video once."""
    text = str(facts.get("notes", ""))
    yield from dict.fromkeys(impersonal(note) for note in text.split("; ") if note)


def _frequent(names: Iterable[str]) -> dict[str, int]:
    found = Counter(names).items()
    return dict(sorted(found, key=lambda each: (-each[1], each[0])))
