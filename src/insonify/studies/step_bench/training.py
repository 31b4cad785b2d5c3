"""A recipe set up on this machine, as ``insonify pretrain`` does it.

Legend: B clips, T frames of a clip, H rows, W columns, N images of a step, K frames of
a stack.
"""

import itertools
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from insonify.clips.loader import ClipLoader
from insonify.core.errors import ConfigError
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel
from insonify.pretext.task import source_size
from insonify.store import Store
from insonify.studies.step_bench.clock import Clock
from insonify.studies.step_bench.watched import HEADS, TRANSFER
from insonify.train.building import new_model
from insonify.train.joint_loss import JointLoss
from insonify.train.kinds import clip_kinds
from insonify.train.loading import make_loader
from insonify.train.options import PretrainOptions
from insonify.train.precision import precision_of

WAITING: Final = "waiting for data"
BACKWARD: Final = "backward"
OPTIMISER: Final = "optimiser"
_MEMORY: Final = 4
"""Batches of random frames that are held, where there is no store."""


@dataclass(kw_only=True)
class Training:
    """A recipe's network, optimiser and batches on this machine."""

    options: PretrainOptions
    fabric: Fabric
    model: JointModel
    wrapped: nn.Module
    """The model as Fabric calls it."""
    optimizer: Any
    batches: Generator[Tensor]
    kinds: Callable[[int], Tensor] | None
    step: int = 0
    stacks: tuple[int, ...] = ()
    """Shape of what the encoder is given in a step: (N, H, W), or (N, K, H, W)."""
    images: int = 0
    """Frames that the encoder sees in a step."""

    @property
    def device(self) -> torch.device:
        return self.fabric.device

    def run(self, loss_of: JointLoss, clock: Clock) -> float:
        """Make a step; returns its seconds."""
        began = time.perf_counter()
        with clock.part(WAITING):
            batch_BTHW = next(self.batches)
        with clock.part(TRANSFER):
            loss, _ = loss_of(self.wrapped, batch_BTHW, self.step)
        with clock.part(BACKWARD):
            self.fabric.backward(loss)
        with clock.part(OPTIMISER):
            self.optimizer.step()
            self.optimizer.zero_grad()
        with clock.part(HEADS):
            loss.item()
        self.step += 1
        return time.perf_counter() - began


def prepare(
    options: PretrainOptions, store: Store | None
) -> tuple[Training, ClipLoader | None]:
    """Set a recipe up; with its loader, None where frames are random.

    Raises:
        ConfigError: the recipe learns from labels, and there is no store.
        StoreError: the store has no clip.
    """
    fabric = Fabric(devices=1, precision=precision_of(options.precision))
    encoder = Encoder(options.encoder, channels=options.channels, seed=options.seed)
    model = new_model(encoder, options)
    learnt = (weight for weight in model.parameters() if weight.requires_grad)
    wrapped, optimizer = fabric.setup(model, options.optimisation.build(learnt))
    if store is None and options.embedding and options.embedding.alike:
        raise ConfigError(f"recipe {options.recipe} learns from labels; give --store")
    loader, kinds = None, None
    if store is not None:
        everyone = frozenset(store.frames().subjects)
        loader = make_loader(store, everyone, options, fabric)
        if options.embedding and options.embedding.alike:
            alike = options.embedding.alike
            kinds = clip_kinds(store, loader, alike, options.embedding.apart)
    training = Training(
        options=options,
        fabric=fabric,
        model=model,
        wrapped=wrapped,
        optimizer=optimizer,
        batches=loader.batches() if loader else _random(options),
        kinds=kinds,
    )
    training.model.train()
    _note_images(training)
    return training, loader


def _random(options: PretrainOptions) -> Generator[Tensor]:
    """Random frames in the place of clips: uint8 (B, T, H, W)."""
    margin = max(task.margin for task in options.tasks.values())
    size = source_size(options.clips.size, margin)
    shape = (_MEMORY, options.batch, options.clips.frames, *size)
    generator = torch.Generator().manual_seed(options.seed)
    drawn = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
    yield from itertools.cycle(drawn.unbind(0))


def _note_images(training: Training) -> None:
    """Note what the encoder is given, when the network is first called."""

    def note(_: nn.Module, inputs: tuple[dict[str, Tensor]]) -> None:
        channels, size = training.options.channels, training.options.clips.size
        views = sum(len(each) * each.shape[1] for each in inputs[0].values())
        stack = () if channels == 1 else (channels,)
        training.images = views
        training.stacks = (views // channels, *stack, *size)
        handle.remove()

    handle = training.model.register_forward_pre_hook(note)
