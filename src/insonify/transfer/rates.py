"""Which learning rate an arm is fine-tuned at: its own best on validation subjects."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyarrow as pa

from insonify.core.errors import ConfigError, DivergedError
from insonify.transfer.course import FineTune
from insonify.transfer.lessons import Lessons
from insonify.transfer.parts import Parts
from insonify.transfer.plan import FINETUNE, Job

LossOf = Callable[[Job, FineTune], float]
"""From a job and how long and at what rate to learn to the loss on validation
subjects."""
_Key = tuple[str, int, float]


class RateChoice:
    """Tries rates, once for each arm, fold and fraction, with the first seed.

    Every arm gets as many trials. Test subjects are not looked at, and validation
    subjects only as far as the fraction goes.

    Args:
        options: Which rates, and for how long.
        jobs: Everything to do.
        lessons: Who is there to validate on.
        kept: Where trials are kept, as rows are.
        loss_of: Tries.

    Raises:
        ConfigError: a job has nobody to validate on.
    """

    def __init__(
        self,
        options: FineTune,
        jobs: Sequence[Job],
        lessons: Lessons,
        kept: Parts,
        loss_of: LossOf,
    ) -> None:
        self._options, self._kept, self._loss_of = options, kept, loss_of
        self._first: dict[_Key, Job] = {}
        for job in jobs:
            if job.protocol == FINETUNE:
                self._first.setdefault(_key(job), job)
        self._losses: dict[_Key, dict[float, float | None]] = {}
        if self._tried:
            _require_validation(self._first.values(), lessons)

    def course(self, job: Job) -> FineTune:
        """How a job is fine-tuned.

        Raises:
            ConfigError: its arm diverged at every rate.
        """
        rates = self._options.rates
        return self._options if rates is None else self._options.at(self._best(job))

    def expected_frames(self) -> int:
        """How many frames the trials that are not kept learn from."""
        short = self._options.shortened()
        missing = [
            job
            for job in self._first.values()
            for rate in self._tried
            if not self._kept.has(job, rate)
        ]
        return sum(job.steps(short) for job in missing) * short.batch

    def told(self) -> list[dict[str, Any]]:
        """Every choice and what it was made by: plain JSON values."""
        if self._options.rates is None:
            return []
        return [
            {
                **{name: job.columns[name] for name in ("arm", "fold", "fraction")},
                "seed": job.trial.seed,
                "rate": self._best(job),
                "steps": job.steps(self._options.shortened()),
                "tried": [
                    {"rate": rate, "loss": loss}
                    for rate, loss in self._losses[key].items()
                ],
            }
            for key, job in self._first.items()
        ]

    @property
    def _tried(self) -> tuple[float, ...]:
        """One rate alone is no choice, and no rate none."""
        rates = self._options.rates or ()
        return rates if len(rates) > 1 else ()

    def _best(self, job: Job) -> float:
        key, rates = _key(job), self._options.rates
        assert rates is not None
        if key not in self._losses:
            first = self._first[key]
            self._losses[key] = {rate: self._try(first, rate) for rate in self._tried}
        sound = {r: loss for r, loss in self._losses[key].items() if loss is not None}
        if self._losses[key] and not sound:
            raise ConfigError(
                f"{job.trial.where}: fine-tuning diverged at every rate {rates}; give "
                "lower --finetune.rates"
            )
        return min(sound, key=sound.__getitem__, default=rates[0])

    def _try(self, job: Job, rate: float) -> float | None:
        """The loss at a rate; None if training diverged."""

        def make(job: Job) -> pa.Table:
            try:
                loss = self._loss_of(job, self._options.shortened().at(rate))
            except DivergedError:
                loss = math.nan
            sound = [loss if math.isfinite(loss) else None]
            return pa.table({"loss": pa.array(sound, pa.float64())})

        found: float | None = self._kept.rows(job, make, rate)["loss"][0].as_py()
        return found


def _require_validation(jobs: Iterable[Job], lessons: Lessons) -> None:
    for job in jobs:
        if not len(lessons.of(job).held_V):
            raise ConfigError(
                f"split {job.split!r}, fold {job.trial.fold}: no validation subject to "
                "choose a rate on; make a split of three folds or more, or give no "
                "--finetune.rates"
            )


def _key(job: Job) -> _Key:
    return job.trial.arm, job.trial.fold, job.fraction
