"""What every study is: encoders to train, and what they are tested on."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import torch
from torch import Generator

from insonify.pretext.task import source_size
from insonify.train.options import PretrainOptions
from insonify.transfer.course import FineTune
from insonify.transfer.gaze_options import GazeOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder

S = TypeVar("S", PretrainOptions, GazeOptions, FineTune, Decoder)


class Run(NamedTuple):
    """One encoder to train."""

    arm: str
    folder: str
    """Its folder within those of the study's runs."""
    options: PretrainOptions | GazeOptions
    initial: str | None = None
    """Checkpoint to go on from; None: fresh weights."""


class StudyPlan(Protocol):
    """What a study runs; written to its folder, so that it resumes as it began."""

    @property
    def question(self) -> Any:
        """What was asked, without what was measured when the study began."""
        ...

    @property
    def split(self) -> str:
        """Name of the split."""
        ...

    @property
    def folds(self) -> int:
        """Folds of the split."""
        ...

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every encoder is trained once for each."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the frames that all encoders see."""
        ...

    @property
    def architecture(self) -> str:
        """The encoder that all arms but the foreign ones train."""
        ...

    @property
    def foreign(self) -> tuple[str, ...]:
        """Encoders that others trained, each as ``name=checkpoint``."""
        ...

    @property
    def planes(self) -> PlanesOptions | None:
        """How planes are tested; None: they are not."""
        ...

    @property
    def saliency(self) -> SaliencyOptions | None:
        """How saliency is tested; None: it is not."""
        ...

    def work(self) -> Iterable[Run]:
        """Everything to train, once each, at its length."""
        ...

    def stretched(self, share: float) -> Self:
        """The same with ``share`` times the steps everywhere."""
        ...

    def grown(self, wanted: Self) -> Self | None:
        """This study, asking for all of ``wanted``; None if it cannot grow so."""
        ...


def stretched(options: S, share: float) -> S:
    """The same options with ``share`` times the steps, at least ten."""
    return replace(options, steps=max(10, round(options.steps * share)))


def frames_a_clip(options: PretrainOptions) -> int:
    """Frames that the encoder sees of a clip: asked of the tasks themselves."""
    total, generator = 0, Generator().manual_seed(0)
    for task in options.tasks.values():
        shape = (1, options.clips.frames, *source_size(task.size, task.margin))
        views = task.apply(torch.zeros(shape), task.sample(1, generator))
        total += views.shape[1]
    return total
