"""Encoders pretrained on where sonographers looked: the paper's rows of that kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.model.checkpoint import Card, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.model.heads import HeadedEncoder, PlaneHead, SaliencyHead
from insonify.store import Roles, Store
from insonify.train.loading import grey_levels
from insonify.train.loop import State, StepReport
from insonify.train.optimisation import pack
from insonify.train.pretrain import resume
from insonify.train.run_folder import RunFolder
from insonify.transfer.criteria import point_criterion, saliency_criterion
from insonify.transfer.finetune import Batch, begin, draw_batches, learn
from insonify.transfer.frames import SourceFrames
from insonify.transfer.gaze import GazedFrames, gazed_frames
from insonify.transfer.gaze_options import GazeOptions


def pretrain_gaze(
    store: Store,
    path: Path,
    options: GazeOptions,
    on_step: Callable[[StepReport], None],
) -> Path:
    """Train an encoder on the gaze of the training subjects, or resume.

    Frames of validation and test subjects are never read.

    Args:
        store: Where frames, gaze and the split are.
        path: The run folder; made if it is not there, resumed if it is.
        options: What to do.
        on_step: Called after every step.

    Returns:
        The checkpoint folder of the finished encoder.

    Raises:
        ConfigError: the folder holds another run, nobody who trains has gaze, or
            training diverges.
        StoreError: there is no gaze or no such split.
    """
    run = RunFolder(path)
    store = run.begin(options, store)
    if run.checkpoint.exists():
        return run.checkpoint
    roles = store.split(options.split).roles(options.fold)
    gaze = _gaze_of(store, roles, options)
    fabric, state = begin(options, _new_model(store, roles, options))
    resume(state, run)
    saver = _Saver(store=store, roles=roles, options=options, state=state, run=run)
    writer = run.writer(state.step)

    def watch(seen: StepReport) -> None:
        writer.write(seen.step, {"loss": seen.loss, "learning_rate": seen.rate})
        if seen.step % options.checkpoint_every == 0 and seen.step < options.steps:
            saver.save_step()
        on_step(seen)

    try:
        learn(
            options,
            fabric,
            state,
            _batches(store, gaze, options, state.step),
            _CRITERIA[options.objective](gaze),
            steps=options.steps,
            on_step=watch,
        )
    finally:
        writer.close()
    saver.save(run.checkpoint)
    return run.checkpoint


_CRITERIA: Final = {"saliency": saliency_criterion, "point": point_criterion}


def _gaze_of(store: Store, roles: Roles, options: GazeOptions) -> GazedFrames:
    gaze = gazed_frames(
        store,
        window_s=options.window_s,
        per_video=options.frames_per_video,
        size=options.size,
        margin=options.margin,
    ).of(roles.train)
    if not len(gaze.positions_N):
        raise ConfigError(
            f"split {options.split!r}, fold {options.fold}: no training subject has "
            "gaze on a view; add gaze with `insonify gaze`, or make another split"
        )
    return gaze


def _new_model(store: Store, roles: Roles, options: GazeOptions) -> nn.Module:
    mean, std = grey_levels(store, roles, options.size)
    seed = options.seed
    encoder = Encoder(options.architecture, mean=mean, std=std, seed=seed)
    if options.objective == "point":
        return HeadedEncoder(encoder, PlaneHead(encoder.map_dim, 2, seed=seed))
    encoder = encoder.dilated(options.output_stride)
    return HeadedEncoder(encoder, SaliencyHead(encoder.map_dim, seed=seed))


def _batches(
    store: Store, gaze: GazedFrames, options: GazeOptions, first: int
) -> Iterator[Batch]:
    source = SourceFrames(store, gaze.positions_N, options.margin)
    return draw_batches(
        options,
        source.of(options.size),
        options.size,
        np.arange(len(gaze.positions_N)),
        seed=options.seed,
        first=first,
        adjust=gaze.keep_points,
    )


@dataclass(frozen=True, kw_only=True)
class _Saver:
    """Writes checkpoints that say where they come from."""

    store: Store
    roles: Roles
    options: GazeOptions
    state: State
    run: RunFolder

    def save_step(self) -> None:
        """Write a checkpoint to resume from, and remove old ones."""
        folder = self.run.step_folder(self.state.step)
        self.save(folder, pack(self.state.optimizer))
        self.run.prune()

    def save(self, folder: Path, optimizer: dict[str, Tensor] | None = None) -> None:
        """Write a checkpoint folder."""
        tensors = self.state.model.state_dict()
        save_checkpoint(folder, tensors, self._card(), optimizer)

    def _card(self) -> Card:
        options = self.options
        return Card(
            architecture=options.architecture,
            size=options.size,
            provenance={
                "recipe": f"gaze_{options.objective}",
                "seed": options.seed,
                "steps": self.state.step,
                "store": self.store.id,
                "split": options.split,
                "fold": options.fold,
                "subjects": sorted(self.roles.train),
            },
        )
