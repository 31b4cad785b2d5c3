"""What became of the files of a store on their way to the network, in counts.

Legend: V videos, C clips, T frames of a clip.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from insonify.clips.sampling import ClipOptions, find_clips
from insonify.core.config import from_plain
from insonify.core.errors import StoreError
from insonify.store import Store
from insonify.store.frames import FrameIndex, Integers

DROPPED: Final = {
    "black": "black",
    "frozen": "freeze",
    "lift_off": "lift-off",
    "colour": "colour flow",
    "duplicates": "duplicate",
    "replays": "replay",
}
"""Why triage drops a frame: the count among a video's facts, and its name."""
_OTHER: Final = "other"
_FINDING: Final = ("frames", "interval_s", "tolerance", "motion_floor")
"""The options of a clip that say which frames make one."""


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
class RoleCounts:
    """The subjects of one role in one fold, and what is theirs."""

    split: str
    fold: int
    role: str
    subjects: int
    videos: int
    frames: int
    labelled: dict[str, int]
    """Labelled frames by task."""
    clips: tuple[int, ...]
    """For each kind of clip of the flow."""


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
    facts = [json.loads(text) for text in videos["facts"].to_pylist()]
    kept = videos["frames"].to_pylist()
    read = [int(f.get("frames_read", n)) for f, n in zip(facts, kept, strict=True)]
    labels_V = {task: _labels_V(store, index, task) for task in store.tasks()}
    clips_V = [_clips_V(index, kind) for kind in kinds]
    return DataFlow(
        store=store.id,
        files=len(store.known_files()),
        reasons=_reasons(rejects["reason"].to_pylist()),
        videos=len(videos),
        subjects=len(set(index.subjects)),
        exams=len(set(videos["exam"].to_pylist())),
        hours=sum(videos["duration_s"].to_pylist()) / 3600,
        read=sum(read),
        dropped=_dropped(facts, sum(read) - sum(kept)),
        kept=len(index),
        gaze_videos=len(store.gaze_videos()),
        tasks=tuple(_task(store, index, task) for task in store.tasks()),
        clip_kinds=tuple(map(_kind, kinds)),
        clips=tuple(int(count_V.sum()) for count_V in clips_V),
        roles=tuple(
            _role(index, (split.name, fold, role), subjects, labels_V, clips_V)
            for split in map(store.split, store.splits())
            for fold in range(split.folds)
            for role, subjects in split.roles(fold)._asdict().items()
        ),
    )


def _reasons(reasons: Sequence[str]) -> dict[str, int]:
    """How often each was given; what differs from file to file is left out of it."""
    alike = (
        re.sub(r"\d+(\.\d+)?", "…", re.sub(r"\bv-\w+", "a video", reason))
        for reason in reasons
    )
    return dict(Counter(alike).most_common())


def _dropped(facts: Sequence[dict[str, Any]], in_all: int) -> dict[str, int]:
    found = {
        name: sum(int(each.get(count, 0)) for each in facts)
        for count, name in DROPPED.items()
    }
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


def _clips_V(index: FrameIndex, kind: ClipOptions) -> Integers:
    """Clips that start in each video."""
    try:
        clips_CT = find_clips(index, frozenset(index.subjects), kind)
    except StoreError:  # no frame starts a clip
        return np.zeros(len(index.video_ids), np.int64)
    return _count_V(index, clips_CT[:, 0])


def _count_V(index: FrameIndex, positions: Integers) -> Integers:
    return np.bincount(index.video_N[positions], minlength=len(index.video_ids))


def _kind(kind: ClipOptions) -> str:
    return f"{kind.frames} frames {kind.interval_s:.2g} s apart"


def _role(
    index: FrameIndex,
    place: tuple[str, int, str],
    subjects: frozenset[str],
    labels_V: dict[str, Integers],
    clips_V: Sequence[Integers],
) -> RoleCounts:
    mine_V = np.array([subject in subjects for subject in index.subjects], bool)
    split, fold, role = place
    return RoleCounts(
        split=split,
        fold=fold,
        role=role,
        subjects=len(subjects & set(index.subjects)),
        videos=int(mine_V.sum()),
        frames=len(index.of_subjects(subjects)),
        labelled={task: int(each[mine_V].sum()) for task, each in labels_V.items()},
        clips=tuple(int(each[mine_V].sum()) for each in clips_V),
    )


def kinds_of_clip(options: Sequence[dict[str, Any]]) -> tuple[ClipOptions, ...]:
    """What runs with these options took for a clip, each kind once.

    Kinds that differ in what the encoder sees of the same clip count as one.

    Raises:
        ConfigError: an option is unknown to this version.
    """
    found: dict[tuple[object, ...], ClipOptions] = {}
    for each in options:
        if "clips" in each:
            kind = from_plain(ClipOptions, each["clips"], "config.json: clips")
            found.setdefault(tuple(getattr(kind, name) for name in _FINDING), kind)
    return tuple(found.values())
