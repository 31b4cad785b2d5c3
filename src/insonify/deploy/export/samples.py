"""Frames of a store: of who trained to check on, of who chose to measure costs on.

Test subjects are in neither.

Legend: N frames, H rows, W columns.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from insonify.clips.loader import FrameReader
from insonify.core.errors import ConfigError
from insonify.deploy.export.options import BATCH, ExportOptions
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.examples import Integers
from insonify.transfer.frames import LabelledFrames, choose_frames

_HELD: Final = 32
_LEARNT: Final = 8
"""Labelled frames of a video to measure on, and to fit a probe on."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Frames of some subjects, perhaps labelled."""

    frames_NHW: Tensor
    labels_N: Integers | None
    """Places of their classes in the store's order; None: it has no labels."""
    subjects_N: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What a store has for an export."""

    train_NHW: Tensor
    """Evenly spaced frames of training subjects."""
    learning: Part | None = None
    """Frames of training subjects to fit a probe on; None where none is needed."""
    held: Part | None = None
    """Frames of validation subjects; None where there are none, or none is needed."""
    classes: tuple[str, ...] = ()
    """Classes of the labels; empty where there are none."""


def read_samples(
    store: Store, checkpoint: Checkpoint, heads: Heads | None, options: ExportOptions
) -> Samples:
    """Read what an export needs of a store.

    Args:
        store: The store.
        checkpoint: The encoder; where it was pretrained on this store, its split.
        heads: Where they were learnt from this store, their split and task.
        options: Size, task, split, fold, number of frames; what only --int8 needs is
            not read without it.

    Raises:
        ConfigError: nothing says who trains, or nobody does.
        StoreError: there is no such task or split.
    """
    asked = _asked(store, heads, options).resolved(store, checkpoint)
    assert asked.split is not None
    assert asked.fold is not None
    roles = store.split(asked.split).roles(asked.fold)
    reader = FrameReader(store, options.size or checkpoint.size)
    part = _plain(store, reader, roles.train, options.frames)
    if not len(part.frames_NHW):
        raise ConfigError(
            f"split {asked.split!r}, fold {asked.fold}: no training subject has "
            "frames; name another --fold or --split"
        )
    if not options.int8:
        return Samples(train_NHW=part.frames_NHW)
    learning, classes = None, tuple[str, ...]()
    if asked.task is None:
        held = _plain(store, reader, roles.validation, options.frames)
    else:
        chosen = choose_frames(store, asked.task, _HELD)
        classes = chosen.classes
        held = _labelled(chosen, reader, roles.validation)
        if heads is None or heads.probe is None:
            few = choose_frames(store, asked.task, _LEARNT)
            learning = _labelled(few, reader, roles.train)
    return Samples(
        train_NHW=part.frames_NHW,
        learning=learning,
        held=held if len(held.frames_NHW) else None,
        classes=classes,
    )


def _asked(store: Store, heads: Heads | None, options: ExportOptions) -> HeadOptions:
    """Task, split and fold; where they are open, those of heads from this store."""
    asked = HeadOptions(task=options.task, split=options.split, fold=options.fold)
    if heads is None or heads.card.store != store.id:
        return asked
    known = heads.card.options
    asked = replace(asked, task=asked.task or known.task)
    if asked.split in (None, known.split):
        fold = known.fold if asked.fold is None else asked.fold
        asked = replace(asked, split=known.split, fold=fold)
    return asked


def _plain(
    store: Store, reader: FrameReader, subjects: frozenset[str], count: int
) -> Part:
    """At most so many frames of some subjects, evenly spaced."""
    index = store.frames()
    positions_N = index.of_subjects(subjects)
    if len(positions_N) > count:
        places = np.linspace(0, len(positions_N) - 1, count).round().astype(np.int64)
        positions_N = positions_N[places]
    return Part(
        frames_NHW=_read(reader, positions_N),
        labels_N=None,
        subjects_N=np.array(index.subjects)[index.video_N[positions_N]],
    )


def _labelled(
    chosen: LabelledFrames, reader: FrameReader, subjects: frozenset[str]
) -> Part:
    """The labelled frames of some subjects."""
    mine_N = np.flatnonzero(np.isin(chosen.subjects_N, sorted(subjects)))
    return Part(
        frames_NHW=_read(reader, chosen.positions_N[mine_N]),
        labels_N=chosen.labels_N[mine_N],
        subjects_N=chosen.subjects_N[mine_N],
    )


def _read(reader: FrameReader, positions_N: Integers) -> Tensor:
    firsts = range(0, len(positions_N), BATCH)
    parts = [reader.read(positions_N[first : first + BATCH]) for first in firsts]
    return torch.cat(parts) if parts else torch.zeros((0, *reader.size)).byte()
