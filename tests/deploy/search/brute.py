"""Search as one would write it first."""

import math
from dataclasses import dataclass, field

from insonify.deploy.embedding.features import Features
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Query:
    """Conditions of a search, in words of its own."""

    count: int = 12
    per_video: int = 1
    subjects: frozenset[str] | None = None
    without_subjects: frozenset[str] = field(default=frozenset())
    videos: frozenset[str] | None = None
    without_videos: frozenset[str] = field(default=frozenset())
    labels: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is known of a frame that has features."""

    position: int
    video: str
    subject: str
    labels: dict[str, str]
    features: list[float]


def every_frame(store: Store, features: Features) -> list[Frame]:
    index = store.frames()
    labels: dict[int, dict[str, str]] = {}
    for task in store.tasks():
        known = store.frame_labels(task)
        for position, label in zip(known.positions.tolist(), known.labels, strict=True):
            labels.setdefault(position, {})[task] = label
    return [
        Frame(
            position=position,
            video=index.video_ids[index.video_N[position]],
            subject=index.subjects[index.video_N[position]],
            labels=labels.get(position, {}),
            features=features_D.tolist(),
        )
        for position, features_D in zip(
            features.positions_N.tolist(),
            features.read(features.positions_N),
            strict=True,
        )
    ]


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (
        math.hypot(*one) * math.hypot(*other)
    )


def allowed(frame: Frame, query: Query) -> bool:
    """Whether a frame may be found."""
    task, label = query.labels or ("", None)
    return (
        (query.subjects is None or frame.subject in query.subjects)
        and frame.subject not in query.without_subjects
        and (query.videos is None or frame.video in query.videos)
        and frame.video not in query.without_videos
        and (query.labels is None or frame.labels.get(task) == label)
    )


def search(frames: list[Frame], vector: list[float], query: Query) -> list[Frame]:
    """The best first."""
    found: list[Frame] = []
    for frame in sorted(frames, key=lambda each: -cosine(vector, each.features)):
        same = sum(other.video == frame.video for other in found)
        if allowed(frame, query) and same < query.per_video:
            found.append(frame)
    return found[: query.count]
