"""What a transfer has to do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from insonify.core.described import made_with
from insonify.core.errors import ConfigError
from insonify.store import Split, Store
from insonify.transfer.arms import Arm, Trial, plan_trials, supervised_twins
from insonify.transfer.course import FineTune
from insonify.transfer.layers import FINAL, LAYERS, layer_names

FINETUNE: Final = "finetune"
"""Name of the protocol in which the encoder learns too."""
LINEAR: Final = "linear"
"""Name of the protocol in which a linear readout learns."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One encoder, one protocol, one share of the subjects: one set of rows."""

    trial: Trial
    protocol: str
    fraction: float
    split: str
    """Name of the split."""
    shots: int | None = None
    """Learn from so many subjects of each class; None: from the fraction."""
    layer: str | None = None
    """Read this layer of the encoder; None: what it ends with."""

    @property
    def inner(self) -> bool:
        """Whether it reads a layer within the encoder."""
        return self.layer not in (None, FINAL)

    @property
    def name(self) -> str:
        """What its protocol is called in the file."""
        parts = [self.protocol]
        if self.layer is not None:
            parts.append(self.layer)
        if self.shots is not None:
            parts.append(f"{self.shots} shot{'s' if self.shots > 1 else ''}")
        return ", ".join(parts)

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that all its rows share."""
        return {
            "arm": self.trial.arm,
            "protocol": self.name,
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
    shots: Sequence[int] = (),
) -> list[Job]:
    """Everything to do; what one trial's features are needed for stands together.

    Raises:
        ConfigError: arms and seeds do not go together, or an encoder does not show the
            layers that are to be probed.
        LeakError: a checkpoint has seen a subject that it would be tested on.
    """
    trials = plan_trials(arms, store.id, split, seeds)
    if FINETUNE in protocols and finetune.reference_steps:
        trials += supervised_twins(trials)
    return [
        job
        for trial in trials
        for job in _jobs_of(trial, split.name, protocols, fractions, shots)
        if job.protocol == FINETUNE or not trial.supervised
    ]


def _jobs_of(
    trial: Trial,
    split: str,
    protocols: Sequence[str],
    fractions: Sequence[float],
    shots: Sequence[int],
) -> Iterator[Job]:
    for fraction in fractions:
        for protocol in protocols:
            first = Job(trial=trial, protocol=protocol, fraction=fraction, split=split)
            if protocol != LAYERS:
                yield first
                continue
            for layer in layer_names(trial.checkpoint.encoder):
                yield replace(first, protocol=LINEAR, layer=layer)
    for count in shots:
        for protocol in protocols:
            if protocol not in (LAYERS, FINETUNE):
                yield Job(
                    trial=trial,
                    protocol=protocol,
                    fraction=1.0,
                    split=split,
                    shots=count,
                )


def trials_of(jobs: Iterable[Job]) -> list[Trial]:
    """The trials of jobs, each once."""
    return list({id(job.trial): job.trial for job in jobs}.values())


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


def check_rates(finetune: FineTune, protocols: Sequence[str]) -> None:
    """Refuse learning rates to choose from where nothing is fine-tuned.

    Raises:
        ConfigError: says which protocol is missing.
    """
    if finetune.rates is not None and FINETUNE not in protocols:
        raise ConfigError(
            f"finetune.rates go with protocol {FINETUNE}; found protocols "
            f"{', '.join(protocols)}"
        )
