"""The network of a recipe: an encoder, and a head for each of its tasks."""

from typing import TypeGuard

import torch
from torch import nn

from insonify.core.errors import ConfigError
from insonify.model.branches import STAGES
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel
from insonify.model.stages import stage_dims
from insonify.pretext.task import Mapped, PretextTask, Taught
from insonify.train.options import PretrainOptions


def new_model(encoder: Encoder, options: PretrainOptions) -> JointModel:
    """The encoder with fresh heads for the recipe's tasks.

    Raises:
        ConfigError: a task reads the maps of stages that the encoder does not show, or
            that the tasks do not share.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(options.seed)
        heads = {name: _head(task, encoder) for name, task in options.tasks.items()}
    momenta = {
        name: task.momentum
        for name, task in options.tasks.items()
        if isinstance(task, Taught) and task.momentum is not None
    }
    mapped = [name for name, task in options.tasks.items() if _reads_maps(task)]
    if mapped and options.private:
        raise ConfigError(
            f"{mapped[0]} reads the maps of all stages; share all {len(STAGES)} of them"
        )
    return JointModel(
        encoder,
        heads,
        shared=options.shared_stages,
        private=options.private,
        teachers=momenta,
        mapped=mapped,
    )


def _head(task: PretextTask, encoder: Encoder) -> nn.Module:
    if _reads_maps(task):
        return task.map_head(stage_dims(encoder))
    return task.head(encoder.dim)


def _reads_maps(task: PretextTask) -> TypeGuard[Mapped]:
    return isinstance(task, Mapped) and task.reads_maps
