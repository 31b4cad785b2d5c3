"""What became of the files of a store on their way to the network, in counts.

Legend: V videos.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from insonify.clips.sampling import ClipOptions
from insonify.ingest.triage.found import Facts, read_facts, summarise
from insonify.report.page.clip_kinds import clip_starts, said_of_kind
from insonify.report.page.role_counts import RoleCounts, role_counts
from insonify.store import Store
from insonify.store.frames import FrameIndex, Integers

_OTHER: Final = "other"


@dataclass(frozen=True, kw_only=True)
class TaskLabels:
    """What is labelled for one task."""

    task: str
    classes: dict[str, int]
    """Frames of each class, those with most of them first."""
    subjects: int

    @property
    def frames(self) -> int:
        return sum(self.classes.values())


@dataclass(frozen=True, kw_only=True)
class DataFlow:
    """Counts from files to clips."""

    store: str
    """Identity of the store."""
    files: int
    reasons: dict[str, int]
    """Refused files by reason, numbers left out; the most frequent first."""
    videos: int
    subjects: int
    exams: int
    hours: float
    """Duration of the videos as they were recorded."""
    read: int
    """Frames of the files that were taken."""
    dropped: dict[str, int]
    """Frames that triage dropped, by reason."""
    kept: int
    gaze_videos: int
    tasks: tuple[TaskLabels, ...]
    clip_kinds: tuple[str, ...]
    clips: tuple[int, ...]
    """Clips of all subjects, for each kind."""
    roles: tuple[RoleCounts, ...]


def measure_flow(store: Store, clips: Sequence[ClipOptions] = ()) -> DataFlow:
    """Count what is in a store.

    Args:
        store: The store.
        clips: The kinds of clip that were learnt from; those of the default if none.
    """
    index, videos = store.frames(), store.videos()
    rejects, kinds = store.rejects(), list(clips) or [ClipOptions()]
    facts = read_facts(store)
    columns = videos["video"].to_pylist(), videos["frames"].to_pylist()
    kept = dict(zip(*columns, strict=True))
    read = sum(int(each.get("frames_read", kept[v])) for v, each in facts.items())
    labels_V = {task: _labels_V(store, index, task) for task in store.tasks()}
    clips_V = [_count_V(index, clip_starts(index, kind)) for kind in kinds]
    return DataFlow(
        store=store.id,
        files=len(store.known_files()),
        reasons=_reasons(rejects["reason"].to_pylist()),
        videos=len(videos),
        subjects=len(set(index.subjects)),
        exams=len(set(videos["exam"].to_pylist())),
        hours=sum(videos["duration_s"].to_pylist()) / 3600,
        read=read,
        dropped=_dropped(facts, read - sum(kept.values())),
        kept=len(index),
        gaze_videos=len(store.gaze_videos()),
        tasks=tuple(_task(store, index, task) for task in store.tasks()),
        clip_kinds=tuple(map(said_of_kind, kinds)),
        clips=tuple(int(count_V.sum()) for count_V in clips_V),
        roles=tuple(role_counts(store, index, labels_V, clips_V)),
    )


def _reasons(reasons: Sequence[str]) -> dict[str, int]:
    """How often each was given; what differs from file to file is left out of it."""
    alike = (
        re.sub(r"\d+(\.\d+)?", "…", re.sub(r"\bv-\w+", "a video", reason))
        for reason in reasons
    )
    return dict(Counter(alike).most_common())


def _dropped(facts: Mapping[str, Facts], in_all: int) -> dict[str, int]:
    found = {each.rule.name: each.total for each in summarise(facts) if each.rule.drops}
    found[_OTHER] = in_all - sum(found.values())
    return {name: count for name, count in found.items() if count}


def _task(store: Store, index: FrameIndex, task: str) -> TaskLabels:
    found = store.frame_labels(task)
    videos = np.unique(index.video_N[found.positions]).tolist()
    return TaskLabels(
        task=task,
        classes=dict(Counter(found.labels).most_common()),
        subjects=len({index.subjects[video] for video in videos}),
    )


def _labels_V(store: Store, index: FrameIndex, task: str) -> Integers:
    return _count_V(index, store.frame_labels(task).positions)


def _count_V(index: FrameIndex, positions: Integers) -> Integers:
    return np.bincount(index.video_N[positions], minlength=len(index.video_ids))
