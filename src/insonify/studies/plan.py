"""Everything that a reproduction of the paper runs, decided once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeVar

import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext.task import source_size
from insonify.recipes import RECIPES
from insonify.train.options import PretrainOptions
from insonify.transfer.course import Course, FineTune
from insonify.transfer.gaze_options import GazeOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder

Scale = Literal["cpu", "paper"]
S = TypeVar("S", PretrainOptions, GazeOptions, FineTune, Decoder)
ARMS: Final = ("siamese", "disentangled", "order_only", "transform_only")
"""The paper's variants, and each of its tasks alone."""


class Run(NamedTuple):
    """One encoder to train."""

    folder: str
    options: PretrainOptions | GazeOptions


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run; written to the study's folder, so that it resumes as it began."""

    scale: Scale
    split: str
    folds: int
    seeds: tuple[int, ...]
    pretraining: tuple[PretrainOptions, ...]
    """One for each arm; fold and seed are filled in, and held-out subjects are looked
    at once, at the end."""
    gaze: tuple[GazeOptions, ...]
    """Encoders that learn from gaze, likewise."""
    planes: PlanesOptions
    saliency: SaliencyOptions
    foreign: tuple[str, ...] = ()
    """Encoders that others trained, each as ``name=checkpoint``."""

    def runs(self) -> Iterator[Run]:
        """Every encoder to train, fold by fold, so that early stops compare arms."""
        for seed in self.seeds:
            for fold in range(self.folds):
                for arm, asked in zip(ARMS, self.pretraining, strict=True):
                    options = replace(
                        asked, fold=fold, seed=seed, probe_every=asked.steps
                    )
                    yield Run(f"{arm}-fold{fold}-seed{seed}", options)
                for looked in self.gaze:
                    arm = f"gaze_{looked.objective}"
                    options_ = replace(looked, fold=fold, seed=seed)
                    yield Run(f"{arm}-fold{fold}-seed{seed}", options_)

    def stretched(self, share: float) -> "Plan":
        """The same with ``share`` times the steps everywhere, at least ten."""
        return replace(
            self,
            pretraining=tuple(_stretched(o, share) for o in self.pretraining),
            gaze=tuple(_stretched(o, share) for o in self.gaze),
            planes=replace(
                self.planes, finetune=_stretched(self.planes.finetune, share)
            ),
            saliency=replace(
                self.saliency,
                frozen=_stretched(self.saliency.frozen, share),
                finetune=_stretched(self.saliency.finetune, share),
            ),
        )


def make_plan(
    scale: Scale,
    *,
    task: str,
    split: str,
    folds: int,
    seeds: tuple[int, ...],
    foreign: tuple[str, ...] = (),
) -> Plan:
    """The plan of a scale: ``cpu`` for two cores, ``paper`` as published, for a GPU.

    Raises:
        ConfigError: there are fewer than three folds, or no seed.
    """
    if folds < 3 or not seeds:
        raise ConfigError(
            f"a study needs three folds or more and a seed, found {folds} folds and "
            f"seeds {seeds}; without a third fold there is nobody to validate on"
        )
    small = scale == "cpu"
    names = [arm if small else f"paper_{arm}" for arm in ARMS]
    asked = tuple(
        replace(RECIPES[name](), split=split, probe_task=task) for name in names
    )
    if small:
        asked = tuple(_same_work(options) for options in asked)
    first = asked[0]
    return Plan(
        scale=scale,
        split=split,
        folds=folds,
        seeds=seeds,
        pretraining=asked,
        gaze=tuple(
            GazeOptions(
                split=split,
                objective=objective,
                architecture=first.encoder,
                size=first.clips.size,
                steps=200 if small else Course.steps,
            )
            for objective in _OBJECTIVES
        ),
        planes=PlanesOptions(
            task=task,
            split=split,
            protocols=("linear", "finetune"),
            finetune=_PLANES if small else FineTune(),
            seeds=seeds,
        ),
        saliency=SaliencyOptions(
            split=split,
            frozen=Decoder(steps=400) if small else Decoder(),
            finetune=_SALIENCY if small else FineTune(),
            seeds=seeds,
        ),
        foreign=foreign,
    )


_FRAMES: Final = 192
"""Frames a step of the small scale: 32 clips of the Siamese recipe."""
_SALIENCY: Final = FineTune(steps=150, learning_rate=0.04, untrained_factor=1.0)
_PLANES: Final = replace(_SALIENCY, steps=1200, reference=2.0)
"""Fine-tuning at the small scale. With so few steps all arms learn at the rate that the
paper gives untrained weights; at its rate for pretrained ones they hardly move. After
180 steps nearly all planes are called background, after 700 untrained weights know them
(docs/log.md)."""
_OBJECTIVES: Final[tuple[Literal["point", "saliency"], ...]] = ("point", "saliency")


def frames_a_clip(options: PretrainOptions) -> int:
    """Frames that the encoder sees of a clip: asked of the tasks themselves."""
    total, generator = 0, Generator().manual_seed(0)
    for task in options.tasks.values():
        shape = (1, options.clips.frames, *source_size(task.size, task.margin))
        views = task.apply(torch.zeros(shape), task.sample(1, generator))
        total += views.shape[1]
    return total


def _same_work(options: PretrainOptions) -> PretrainOptions:
    """The recipe with as many clips a step as make ``_FRAMES`` frames.

    The paper gives every arm as many clips, so that an arm with two tasks computes more
    than one with a single task; here all compute the same.
    """
    return replace(options, batch=_FRAMES // frames_a_clip(options))


def _stretched(options: S, share: float) -> S:
    return replace(options, steps=max(10, round(options.steps * share)))
