"""Everything that a reproduction of the paper runs, decided once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from insonify.core.errors import ConfigError
from insonify.recipes import RECIPES
from insonify.studies.runs import Run, frames_a_clip, stretched
from insonify.train.options import PretrainOptions
from insonify.transfer.course import Course, FineTune
from insonify.transfer.gaze_options import GazeOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder

Scale = Literal["cpu", "paper"]
ARMS: Final = ("siamese", "disentangled", "order_only", "transform_only")
"""The paper's variants, and each of its tasks alone."""
FRAMES: Final = 192
"""Frames a step for two cores: 32 clips of the Siamese recipe."""
SMALL_SALIENCY: Final = FineTune(steps=150, learning_rate=0.04, untrained_factor=1.0)
SMALL_PLANES: Final = replace(SMALL_SALIENCY, steps=1200, reference=2.0)
"""Fine-tuning at the small scale. With so few steps all arms learn at the rate that the
paper gives untrained weights; at its rate for pretrained ones they hardly move. After
180 steps nearly all planes are called background, after 700 untrained weights know them
(docs/log.md)."""
SMALL_DECODER: Final = Decoder(steps=400)
_OBJECTIVES: Final[tuple[Literal["point", "saliency"], ...]] = ("point", "saliency")


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

    @property
    def question(self) -> "Plan":
        """The same without what follows from a budget."""
        return self.stretched(0)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the frames that all encoders see."""
        return self.pretraining[0].clips.size

    @property
    def architecture(self) -> str:
        """The encoder that all arms but the foreign ones train."""
        return self.pretraining[0].encoder

    def work(self) -> Iterator[Run]:
        """Every encoder to train, fold by fold, so that early stops compare arms."""
        for seed in self.seeds:
            for fold in range(self.folds):
                for arm, asked in zip(ARMS, self.pretraining, strict=True):
                    options = replace(
                        asked, fold=fold, seed=seed, probe_every=asked.steps
                    )
                    yield Run(arm, f"{arm}-fold{fold}-seed{seed}", options)
                for looked in self.gaze:
                    arm = f"gaze_{looked.objective}"
                    options_ = replace(looked, fold=fold, seed=seed)
                    yield Run(arm, f"{arm}-fold{fold}-seed{seed}", options_)

    def stretched(self, share: float) -> "Plan":
        """The same with ``share`` times the steps everywhere, at least ten."""
        planes, saliency = self.planes, self.saliency
        return replace(
            self,
            pretraining=tuple(stretched(o, share) for o in self.pretraining),
            gaze=tuple(stretched(o, share) for o in self.gaze),
            planes=replace(planes, finetune=stretched(planes.finetune, share)),
            saliency=replace(
                saliency,
                frozen=stretched(saliency.frozen, share),
                finetune=stretched(saliency.finetune, share),
            ),
        )

    def grown(self, wanted: "Plan") -> None:  # noqa: ARG002
        """None: the paper's study is whole from the beginning."""
        return


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
    require_folds(folds, seeds)
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
            finetune=SMALL_PLANES if small else FineTune(),
            seeds=seeds,
        ),
        saliency=SaliencyOptions(
            split=split,
            frozen=SMALL_DECODER if small else Decoder(),
            finetune=SMALL_SALIENCY if small else FineTune(),
            seeds=seeds,
        ),
        foreign=foreign,
    )


def require_folds(folds: int, seeds: tuple[int, ...]) -> None:
    """Refuse a study in which nobody is left to validate on.

    Raises:
        ConfigError: there are fewer than three folds, no seed, or one seed twice.
    """
    if folds < 3 or not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError(
            f"a study needs three folds or more and a seed, found {folds} folds and "
            f"seeds {seeds}; without a third fold there is nobody to validate on"
        )


def _same_work(options: PretrainOptions) -> PretrainOptions:
    """The recipe with as many clips a step as make ``FRAMES`` frames.

    The paper gives every arm as many clips, so that an arm with two tasks computes more
    than one with a single task; here all compute the same.
    """
    return replace(options, batch=FRAMES // frames_a_clip(options))
