"""What a store holds, counted: no pseudonym leaves this module.

Legend: V videos.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from insonify.ingest.public.sets import TERMS
from insonify.report.card.counts import Factor, Flags, Group, Videos
from insonify.report.tables.groups import INSTRUMENTS
from insonify.store import Split, Store
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached

_SOURCES: Final = {
    "kind of file": ("container",),
    "where frame times are from": ("timing",),
    "how the image area was found": ("area",),
}
PHANTOM: Final = frozenset({"SONOPHANT", "ECHO-7", "INSONIFY"})
"""Makers of scanners that do not exist: `insonify phantom` writes them into its DICOM
files. What its screen recordings say of themselves does not reach a store."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels of one task; frames and hours are those that are labelled."""

    task: str
    classes: tuple[Group, ...]
    whole: Group
    """All that is labelled."""


@dataclass(frozen=True, kw_only=True)
class SplitFacts:
    """A split of the store."""

    name: str
    folds: int
    parts: tuple[Group, ...]


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What a store holds; plain values."""

    store: str
    """Its identity."""
    versions: dict[str, int]
    settings: dict[str, Any]
    whole: Group
    exams: int
    sizes: tuple[tuple[int, int], tuple[int, int]]
    """Least and largest rows, least and largest columns of stored frames."""
    spaced: int
    """Videos whose millimetres per pixel are known."""
    synthetic: int
    """Subjects of whom a file says that a scanner of `insonify phantom` drew it."""
    factors: tuple[Factor, ...]
    sources: tuple[Factor, ...]
    kept_facts: dict[str, int]
    """Facts that are kept beside the frames: of how many videos each."""
    labels: tuple[Labels, ...]
    gaze: Group | None
    splits: tuple[SplitFacts, ...]
    terms: tuple[dict[str, str], ...]
    """Licences and citations of published sets in it."""


def describe(store: Store) -> DataFacts:
    """Count what a store holds, at the versions at which it was opened."""
    videos = Videos(store)
    all_V = np.ones(len(videos.subject_V), bool)
    heights, widths = (
        {shape[axis] for shape in videos.index.shapes_HW} or {0} for axis in (0, 1)
    )
    kept = [name for facts in videos.facts_V for name in facts]
    return DataFacts(
        store=store.id,
        versions=store.versions,
        settings=dict(vars(store.settings)),
        whole=videos.group("all", all_V),
        exams=len(set(videos.exams_V)),
        sizes=((min(heights), max(heights)), (min(widths), max(widths))),
        spaced=videos.spaced,
        synthetic=len(set(videos.subject_V[_drawn(videos)])),
        factors=tuple(videos.factors(INSTRUMENTS, all_V)),
        sources=tuple(videos.factors(_SOURCES, all_V)),
        kept_facts={name: kept.count(name) for name in sorted(set(kept))},
        labels=tuple(_labels(videos, task) for task in store.tasks()),
        gaze=_gaze(videos),
        splits=tuple(_split(videos, store.split(name)) for name in store.splits()),
        terms=tuple(_terms(store)),
    )


def _drawn(videos: Videos) -> Flags:
    makers = [each.get("Manufacturer") in PHANTOM for each in videos.facts_V]
    return np.array(makers, bool)


def _labels(videos: Videos, task: str) -> Labels:
    found = videos.store.frame_labels(task)
    label_N = np.array(found.labels, object)
    video_N = videos.index.video_N[found.positions]
    classes = [
        _labelled(videos, name, video_N[label_N == name]) for name in set(found.labels)
    ]
    return Labels(
        task=task,
        classes=tuple(sorted(classes, key=lambda each: (-each.frames, each.name))),
        whole=_labelled(videos, "all", video_N),
    )


def _labelled(videos: Videos, name: str, video_N: Integers) -> Group:
    """Count labelled frames, which lie in the videos ``video_N``."""
    frames_V = np.bincount(video_N, minlength=len(videos.frames_V))
    share_V = frames_V / np.maximum(videos.frames_V, 1)
    return Group(
        name=name,
        subjects=len(set(videos.subject_V[frames_V > 0])),
        videos=int((frames_V > 0).sum()),
        frames=len(video_N),
        hours=float((videos.hours_V * share_V).sum()),
    )


def _gaze(videos: Videos) -> Group | None:
    looked = videos.store.gaze_videos()
    at_V = np.array([video in looked for video in videos.index.video_ids], bool)
    return videos.group("with gaze", at_V) if at_V.any() else None


def _split(videos: Videos, split: Split) -> SplitFacts:
    members: dict[str, set[str]] = {}
    for subject, part in split.parts.items():
        members.setdefault(part, set()).add(subject)
    return SplitFacts(
        name=split.name,
        folds=split.folds,
        parts=tuple(
            videos.group(part, videos.of(who)) for part, who in sorted(members.items())
        ),
    )


def _terms(store: Store) -> Iterator[dict[str, str]]:
    """Whose the published sets in a store are."""
    place = place_of(store.path / TERMS)
    with reached(place):
        texts = [place.read(name) for name in sorted(place.names())]
    for text in texts:
        if text is not None:
            yield json.loads(text)
