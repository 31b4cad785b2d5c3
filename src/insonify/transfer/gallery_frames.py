"""Which frames a gallery shows: as many of each class, subject and video as can be.

Legend: N frames, M drawn frames, G groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ConfigError
from insonify.store import Split, Store
from insonify.transfer.examples import Integers
from insonify.transfer.frames import LabelledFrames, choose_frames
from insonify.transfer.gallery_options import GalleryOptions


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is shown, and what its scale is learnt from."""

    available: int
    """How many frames there were to choose from."""
    frames: LabelledFrames
    """The frames that are shown."""
    training_N: Integers
    """Positions of frames of training subjects, chosen alike."""


def choose_shown(store: Store, options: GalleryOptions) -> Shown:
    """Draw frames of the held-out and of the training subjects.

    Raises:
        StoreError: there is no such split or task.
        ConfigError: a role has no frames.
    """
    found, split = _all_frames(store, options.task), store.split(options.split)
    held, known = (_of_role(found, split, options, r) for r in (options.role, "train"))
    return Shown(
        available=len(held.positions_N),
        frames=draw_frames(held, options.frames, options.seed),
        training_N=draw_frames(known, options.frames, options.seed).positions_N,
    )


def _all_frames(store: Store, task: str | None) -> LabelledFrames:
    """All frames with a label of ``task``; None: all there are, of one class ``""``."""
    if task is not None:
        return choose_frames(store, task, 0)
    index = store.frames()
    return LabelledFrames(
        positions_N=np.arange(len(index)),
        labels_N=np.zeros(len(index), np.int64),
        subjects_N=np.array(index.subjects)[index.video_N],
        videos_N=np.array(index.video_ids)[index.video_N],
        times_s_N=index.time_s_N,
        classes=("",),
    )


def _of_role(
    frames: LabelledFrames, split: Split, options: GalleryOptions, role: str
) -> LabelledFrames:
    subjects = getattr(split.roles(options.fold), role)
    mine = np.flatnonzero(np.isin(frames.subjects_N, sorted(subjects)))
    if not len(mine):
        what = f"labels of task {options.task!r}" if options.task else "frames"
        raise ConfigError(
            f"split {options.split!r}, fold {options.fold}: no {role} subject has "
            f"{what}; name another split, fold or role"
        )
    return _take(frames, mine)


def draw_frames(frames: LabelledFrames, count: int, seed: int) -> LabelledFrames:
    """At most ``count`` frames, in order.

    Classes get equal shares, and where one has too few frames the others share what it
    leaves; so do subjects within a class and videos within a subject. The frames of a
    video are evenly spaced, since neighbours in time are nearly one picture.
    """
    keys = (frames.labels_N, frames.subjects_N, frames.videos_N)
    places_N = np.arange(len(frames.positions_N))
    generator = np.random.default_rng(seed)
    return _take(frames, np.sort(_draw(places_N, keys, count, generator)))


def _take(frames: LabelledFrames, places_M: Integers) -> LabelledFrames:
    """The frames at these places."""
    names = ("positions_N", "labels_N", "subjects_N", "videos_N", "times_s_N")
    return replace(frames, **{name: getattr(frames, name)[places_M] for name in names})


def _draw(
    places_N: Integers,
    keys: Sequence[npt.NDArray[Any]],
    count: int,
    generator: np.random.Generator,
) -> Integers:
    """At most ``count`` of the places, shared evenly over each key in turn."""
    if not keys:
        middles_M = (np.arange(count) + 0.5) * (len(places_N) / max(count, 1))
        return places_N[middles_M.astype(np.int64)]
    key, *others = keys
    groups = [places_N[key[places_N] == value] for value in np.unique(key[places_N])]
    sizes_G = np.array([len(group) for group in groups])
    shares_G = deal(sizes_G, count, generator)
    return np.concatenate(
        [
            _draw(group, others, share, generator)
            for group, share in zip(groups, shares_G.tolist(), strict=True)
        ]
    )


def deal(sizes_G: Integers, count: int, generator: np.random.Generator) -> Integers:
    """Share ``count`` over groups as evenly as their sizes allow; the rest by lot.

    >>> deal(np.array([10, 2, 10]), 12, np.random.default_rng(0)).tolist()
    [5, 2, 5]
    """
    shares_G = np.zeros_like(sizes_G)
    while left := min(count, int(sizes_G.sum())) - int(shares_G.sum()):
        open_ = np.flatnonzero(shares_G < sizes_G)
        if each := left // len(open_):
            shares_G[open_] = np.minimum(shares_G[open_] + each, sizes_G[open_])
        else:
            shares_G[generator.choice(open_, left, replace=False)] += 1
    return shares_G
