"""Heads learnt from the labels and the gaze of a store's training subjects.

Legend: N frames, M frames to learn from, V frames to choose on, D features.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from insonify.clips.loader import FrameReader
from insonify.core.errors import ConfigError
from insonify.deploy.decoder import map_network
from insonify.deploy.head_options import HeadOptions
from insonify.model.checkpoint import Checkpoint
from insonify.store import Roles, Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples, Integers
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.frames import choose_frames
from insonify.transfer.gaze import gazed_frames
from insonify.transfer.saliency_fit import learn_decoder

OnProgress = Callable[[str], None]
_WHOLE: Final = 1.0
"""Margin of a view: it is the whole window that the encoder sees."""


@dataclass(frozen=True, kw_only=True)
class Planes:
    """A probe, or why there is none."""

    probe: FittedProbe | None = None
    classes: tuple[str, ...] = ()
    subjects: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Saliency:
    """A decoder, or why there is none."""

    decoder: nn.Sequential | None = None
    subjects: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


def learn_planes(
    store: Store, checkpoint: Checkpoint, options: HeadOptions, on_progress: OnProgress
) -> Planes:
    """A linear probe on the labelled frames of the training subjects.

    Raises:
        StoreError: there is no such task or split.
    """
    if options.task is None:
        return Planes(left_out=("planes: the store has no labels",))
    frames = choose_frames(store, options.task, options.frames_per_video)
    roles = _roles(store, options)
    mine_N = _whose(frames.subjects_N, roles.train | roles.validation)
    if not _whose(frames.subjects_N, roles.train).size:
        return Planes(
            left_out=(f"planes: no training subject has labels of {options.task}",)
        )
    on_progress(f"encoding {len(mine_N)} labelled frames")
    features_ND = _encoded(
        store, checkpoint, frames.positions_N[mine_N], checkpoint.encoder, options
    )
    known = Examples(
        features_ND=features_ND.numpy(),
        labels_N=frames.labels_N[mine_N],
        subjects_N=frames.subjects_N[mine_N],
    )
    on_progress("learning classes")
    train, validation = known.of(roles.train), known.of(roles.validation)
    fitted = options.linear.fit(train, validation, len(frames.classes), options.seed)
    return Planes(
        probe=fitted,
        classes=frames.classes,
        subjects=frozenset(known.subjects_N.tolist()),
    )


def learn_saliency(
    store: Store, checkpoint: Checkpoint, options: HeadOptions, on_progress: OnProgress
) -> Saliency:
    """A decoder on the frames that somebody looked at, of the training subjects.

    Raises:
        ConfigError: learning diverges.
        StoreError: there is no such split.
    """
    if not store.gaze_videos():
        return Saliency(left_out=("saliency: the store has no gaze",))
    try:
        network = map_network(checkpoint.encoder, options.output_stride)
    except ConfigError as error:
        return Saliency(left_out=(f"saliency: {error}",))
    roles = _roles(store, options)
    gaze = gazed_frames(
        store,
        window_s=options.window_s,
        per_video=options.frames_per_video,
        size=checkpoint.size,
        margin=_WHOLE,
    ).of(roles.train | roles.validation)
    chosen_M = _whose(gaze.subjects_N, roles.train)
    if not len(chosen_M):
        return Saliency(left_out=("saliency: no training subject has gaze on a view",))
    on_progress(f"encoding {len(gaze.positions_N)} frames with gaze")
    try:
        maps_NDhw = _encoded(store, checkpoint, gaze.positions_N, network, options)
    except ConfigError as error:  # The architecture has no maps at all.
        return Saliency(left_out=(f"saliency: {error}",))
    steps = options.decoder.steps
    decoder = learn_decoder(
        maps_NDhw,
        gaze.central_targets((maps_NDhw.shape[2], maps_NDhw.shape[3])),
        chosen_M,
        held_V=_whose(gaze.subjects_N, roles.validation),
        bias_hw=None,
        options=options.decoder,
        seed=options.seed,
        on_step=lambda seen: on_progress(f"learning saliency, {seen.step} of {steps}"),
    )
    return Saliency(
        decoder=decoder.cpu().eval(), subjects=frozenset(gaze.subjects_N.tolist())
    )


def _roles(store: Store, options: HeadOptions) -> Roles:
    assert options.split is not None
    assert options.fold is not None
    return store.split(options.split).roles(options.fold)


def _whose(subjects_N: np.ndarray, subjects: Iterable[str]) -> Integers:
    """Places of the frames of some subjects."""
    return np.flatnonzero(np.isin(subjects_N, sorted(subjects)))


def _encoded(
    store: Store,
    checkpoint: Checkpoint,
    positions_N: Integers,
    network: nn.Module,
    options: HeadOptions,
) -> Tensor:
    """What a network makes of frames, a batch of which is in memory at a time."""
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    reader = FrameReader(store, checkpoint.size)
    batches = range(0, len(positions_N), options.batch)
    parts = [positions_N[first : first + options.batch] for first in batches]
    return torch.cat([encode(network, reader.read(part)) for part in parts])
