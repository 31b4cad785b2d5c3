"""What a transfer has to do, and what it records of who took part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from insonify.core.described import made_with
from insonify.core.errors import ConfigError
from insonify.store import Split, Store
from insonify.transfer.arms import (
    RANDOM,
    SUPERVISED,
    Arm,
    Trial,
    baseline_of,
    plan_trials,
    random_names,
    supervised_twins,
)
from insonify.transfer.course import FineTune

FINETUNE: Final = "finetune"
"""Name of the protocol in which the encoder learns too."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One encoder, one protocol, one share of the subjects: one set of rows."""

    trial: Trial
    protocol: str
    fraction: float
    split: str
    """Name of the split."""

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that all its rows share."""
        return {
            "arm": self.trial.arm,
            "protocol": self.protocol,
            "split": self.split,
            "fold": self.trial.fold,
            "seed": self.trial.seed,
            "fraction": self.fraction,
        }

    def steps(self, options: FineTune) -> int:
        """How many steps it fine-tunes for."""
        return options.reference_steps if self.trial.supervised else options.steps


def plan_jobs(
    arms: Sequence[Arm],
    store: Store,
    split: Split,
    *,
    protocols: Sequence[str],
    fractions: Sequence[float],
    seeds: Sequence[int],
    finetune: FineTune,
) -> list[Job]:
    """Everything to do; what one trial's features are needed for stands together.

    Raises:
        ConfigError: arms and seeds do not go together.
        LeakError: a checkpoint has seen a subject that it would be tested on.
    """
    trials = plan_trials(arms, store.id, split, seeds)
    if FINETUNE in protocols and finetune.reference_steps:
        trials += supervised_twins(trials)
    return [
        Job(trial=trial, protocol=protocol, fraction=fraction, split=split.name)
        for trial in trials
        for fraction in fractions
        for protocol in protocols
        if protocol == FINETUNE or not trial.supervised
    ]


def frozen_trials(jobs: Sequence[Job]) -> list[Trial]:
    """The trials whose frozen features are needed, each once."""
    frozen = [job.trial for job in jobs if job.protocol != FINETUNE]
    return list({id(trial): trial for trial in frozen}.values())


def arm_cards(arms: Sequence[Arm], jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
    """Provenance of the arms, of their untrained twins and of supervised references.

    Raises:
        ConfigError: an arm's checkpoints differ in architecture or frame size.
    """
    names = random_names(arms)
    cards = {arm.name: arm.provenance(baseline_of(arm, names)) for arm in arms}
    cards |= dict(_untrained_cards(names))
    there = {job.trial.arm for job in jobs}
    return {name: card for name, card in cards.items() if name in there}


def facts(store: Store, options: Any) -> dict[str, Any]:
    """How the file was made: time, version, options."""
    return made_with(options) | {"store_versions": store.versions}


def check_lists(**lists: Sequence[Any]) -> None:
    """Refuse options that say nothing or one thing twice.

    Raises:
        ConfigError: one is empty or repeats a value, or a fraction is out of range.
    """
    for name, values in lists.items():
        if not values or len(set(values)) < len(values):
            raise ConfigError(f"{name} needs values, each once; found {values}")
    if not all(0 < fraction <= 1 for fraction in lists["fractions"]):
        raise ConfigError(f"fractions lie in (0, 1]; found {lists['fractions']}")


def _untrained_cards(
    names: dict[tuple[str, tuple[int, int]], str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    for (architecture, size), name in names.items():
        card = {"architecture": architecture, "size": list(size)}
        yield name, {"baseline": None, **card}
        yield name.replace(RANDOM, SUPERVISED, 1), {"baseline": name, **card}
