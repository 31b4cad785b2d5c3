"""Which learning rate an arm gets: that with the best figure on validation subjects."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError
from insonify.studies.comparison import Rates
from insonify.studies.question import Question
from insonify.train.run_folder import RunFolder

KNN: Final = "held_out.knn"
"""Balanced accuracy of neighbours among training subjects, on validation subjects."""
RANK: Final = "held_out.rank"
"""Effective rank of the features of validation subjects (RankMe), which its authors
propose for choosing options without labels: Garrido et al., ICML 2023, section 5."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of one learning rate."""

    arm: str
    fold: int
    rate: float
    figure: float | None
    """On validation subjects, at the end of training; None: training diverged."""


def figure_name(question: Question) -> str:
    """By which figure rates are chosen: k-NN where there are labels, else the rank."""
    return RANK if question.planes is None else KNN


def figure_of(run: Path, name: str) -> float:
    """The last value of a figure of a finished run."""
    return float(RunFolder(run).metrics()[-1][name])


def choose(question: Question, tried: Sequence[Tried]) -> Rates:
    """The rate of every arm in every fold; of equal figures the first tried wins.

    Raises:
        ConfigError: an arm diverged at every rate.
    """
    found: dict[tuple[str, int], float] = {}
    for options in question.pretraining:
        for fold in range(question.folds):
            tested = fold if question.nested else 0
            mine = [t for t in tried if (t.arm, t.fold) == (options.recipe, tested)]
            found[options.recipe, fold] = _best(question, options.recipe, mine)
    return found


def _best(question: Question, arm: str, tried: Sequence[Tried]) -> float:
    if len(question.rates) == 1:
        return question.rates[0]
    sound = [(each.figure, each) for each in tried if each.figure is not None]
    if not sound:
        raise ConfigError(
            f"{arm}: training diverged at every learning rate ({question.rates}); "
            "begin in a new folder with lower --rates"
        )
    return max(sound, key=lambda pair: pair[0])[1].rate
