"""Everything that a fair comparison of pretraining recipes runs, decided once.

Every arm sees as many frames a step, makes as many steps (or trains for as long), and
may choose among the same learning rates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from insonify.studies.question import Question
from insonify.studies.runs import Run, stretched
from insonify.train.options import PretrainOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions

Rates = Mapping[tuple[str, int], float]
"""The learning rate of an arm in a fold."""
_FEWEST: Final = 10
_PROBE_FRAMES: Final = 4096
"""To choose a rate by; 384, which a run looks at by itself, misled us (docs/log.md)."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A question, and what was measured once, when its study began."""

    question: Question
    share: float = 1.0
    """Factor of all steps, from the budget."""
    step_seconds: tuple[float, ...] = ()
    """Of a step of each arm; empty where arms make equally many steps."""

    @property
    def split(self) -> str:
        """Name of the split."""
        return self.question.split

    @property
    def folds(self) -> int:
        """Folds of the split."""
        return self.question.folds

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every encoder is trained once for each."""
        return self.question.seeds

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the frames that all encoders see."""
        return self.question.pretraining[0].clips.size

    @property
    def architecture(self) -> str:
        """The encoder that all arms but the foreign ones train."""
        return self.question.pretraining[0].encoder

    @property
    def foreign(self) -> tuple[str, ...]:
        """Encoders that others trained, each as ``name=checkpoint``."""
        return self.question.foreign

    @property
    def planes(self) -> PlanesOptions | None:
        """How planes are tested, at the study's length."""
        asked = self.question.planes
        if asked is None or self.share == 1:
            return asked
        return replace(asked, finetune=stretched(asked.finetune, self.share))

    @property
    def saliency(self) -> SaliencyOptions | None:
        """How saliency is tested, at the study's length."""
        asked = self.question.saliency
        if asked is None or self.share == 1:
            return asked
        return replace(asked, frozen=stretched(asked.frozen, self.share))

    def stretched(self, share: float) -> "Comparison":
        """The same with ``share`` times the steps everywhere."""
        return replace(self, share=self.share * share)

    def grown(self, wanted: "Comparison") -> "Comparison | None":
        """This study with the further arms and seeds that are wanted.

        None if anything else is wanted otherwise, or less: arms that were tested stay
        in the tables. Where arms train equally long none can join, for the machine was
        timed when the study began.
        """
        mine, its = self.question, wanted.question
        added = [arm for arm in its.pretraining if arm not in mine.pretraining]
        first = its.seeds[: len(mine.seeds)]
        kept = set(its.pretraining) >= set(mine.pretraining) and first == mine.seeds
        if not kept or its.of(mine.pretraining, mine.seeds) != mine:
            return None
        if added and self.step_seconds:
            return None
        return replace(self, question=mine.of((*mine.pretraining, *added), its.seeds))

    def steps(self) -> dict[str, int]:
        """Steps of each arm.

        Where arms train equally long, the first makes the steps that were asked for
        and the others as many as fit into its time.
        """
        seconds = self.step_seconds or (1.0,) * len(self.question.pretraining)
        return {
            asked.recipe: max(
                min(_FEWEST, asked.steps),
                round(asked.steps * self.share * seconds[0] / each),
            )
            for asked, each in zip(self.question.pretraining, seconds, strict=True)
        }

    def trials(self) -> Iterator[Run]:
        """Every arm at every rate, with the first seed; none if there is no choice."""
        asked = self.question
        if len(asked.rates) > 1:
            for fold in range(self.folds if asked.nested else 1):
                for options in asked.pretraining:
                    for rate in asked.rates:
                        yield self._run(options, fold, self.seeds[0], rate)

    def runs(self, rates: Rates) -> Iterator[Run]:
        """Every encoder to test, at the rate of its arm and fold; trials among them."""
        for seed in self.seeds:
            for fold in range(self.folds):
                for options in self.question.pretraining:
                    rate = rates[options.recipe, fold]
                    yield self._run(options, fold, seed, rate)

    def work(self) -> Iterator[Run]:
        """Everything to train, once each, as if the first rate were chosen."""
        first = dict.fromkeys(
            (
                (options.recipe, fold)
                for options in self.question.pretraining
                for fold in range(self.folds)
            ),
            self.question.rates[0],
        )
        every = (*self.trials(), *self.runs(first))
        return iter({run.folder: run for run in every}.values())

    def _run(self, asked: PretrainOptions, fold: int, seed: int, rate: float) -> Run:
        arm, steps = asked.recipe, self.steps()[asked.recipe]
        options = replace(
            asked,
            fold=fold,
            seed=seed,
            steps=steps,
            probe_every=steps,
            probe_frames=_PROBE_FRAMES,
            optimisation=replace(asked.optimisation, learning_rate=rate),
        )
        folder = f"{arm}-fold{fold}-seed{seed}-rate{rate:g}"
        return Run(arm, folder, options, self.question.initial)
