"""Which encoder an arm uses in which fold and seed, and whether it may."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.saliency_predictions import STATIC
from insonify.model.checkpoint import Checkpoint, random_twin
from insonify.model.encoder import Encoder
from insonify.store.splits import Split, check_leak

RANDOM: Final = "random"
"""Name of the arm of untrained weights; with several architectures, its beginning."""
SUPERVISED: Final = "supervised"
"""Likewise for the arm that learns from labels alone, and for longer."""
_TAKEN: Final = (RANDOM, SUPERVISED, STATIC)


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A name and the checkpoints that stand behind it.

    One checkpoint, or several that differ in pretraining fold or seed. Those pretrained
    on the store and the split that is tested serve their own fold only, all others
    serve every fold.
    """

    name: str
    checkpoints: tuple[Checkpoint, ...]

    def __post_init__(self) -> None:
        if self.name.split(" ")[0] in _TAKEN:
            raise ConfigError(f"arm name {self.name!r} is taken; choose another")
        if not self.checkpoints:
            raise ConfigError(f"arm {self.name!r} has no checkpoint; name one")
        if not all("subjects" in c.provenance for c in self.checkpoints):
            raise CheckpointError(
                f"arm {self.name!r}: a checkpoint does not say which subjects it saw, "
                "so that leaks cannot be ruled out; pretrain it with this insonify"
            )

    def provenance(self, baseline: str) -> dict[str, Any]:
        """What is recorded of the arm: its checkpoints, with counts of subjects."""
        cards = [
            {
                **checkpoint.provenance,
                "architecture": checkpoint.architecture,
                "size": list(checkpoint.size),
                "subjects": len(checkpoint.provenance["subjects"]),
            }
            for checkpoint in self.checkpoints
        ]
        return {"baseline": baseline, "checkpoints": cards}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One encoder to be tested in one fold under one seed."""

    arm: str
    fold: int
    seed: int
    checkpoint: Checkpoint
    untrained: bool
    """Test fresh weights, drawn with ``seed``, in place of the checkpoint's."""
    supervised: bool = False
    """Learn from labels for longer: what can be had without pretraining."""

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for trials that use the same features."""
        if not self.untrained:
            return (id(self.checkpoint),)
        known = self.checkpoint.encoder
        mean, std = known.mean.item(), known.std.item()
        return (
            self.checkpoint.architecture,
            self.checkpoint.size,
            mean,
            std,
            self.seed,
        )

    @property
    def where(self) -> str:
        """Which trial it is, in words."""
        return f"{self.arm}, fold {self.fold}, seed {self.seed}"

    def encoder(self) -> Encoder:
        """The encoder, in evaluation mode."""
        if self.untrained:
            return random_twin(self.checkpoint, self.seed)
        return self.checkpoint.encoder.eval()


def plan_trials(
    arms: Sequence[Arm], store_id: str, split: Split, seeds: Sequence[int]
) -> list[Trial]:
    """Every trial of every arm, then those of their untrained twins.

    Raises:
        ConfigError: two arms have one name, or an arm's number of checkpoints for a
            fold is neither one nor that of the seeds.
        LeakError: a checkpoint has seen a subject that it would be tested on.
    """
    if len({arm.name for arm in arms}) < len(arms) or not arms:
        raise ConfigError("name at least one arm, and each arm once")
    trials = [
        trial for arm in arms for trial in _trials_of(arm, store_id, split, seeds)
    ]
    names = random_names(arms)
    twins: dict[tuple[str, int, int], Trial] = {}
    for trial in trials:
        name = names[_kind(trial.checkpoint)]
        twin = Trial(
            arm=name,
            fold=trial.fold,
            seed=trial.seed,
            checkpoint=trial.checkpoint,
            untrained=True,
        )
        twins.setdefault((name, trial.fold, trial.seed), twin)
    return trials + list(twins.values())


def supervised_twins(trials: Iterable[Trial]) -> list[Trial]:
    """For each untrained trial, one that learns from labels for longer."""
    return [
        replace(trial, arm=trial.arm.replace(RANDOM, SUPERVISED, 1), supervised=True)
        for trial in trials
        if trial.untrained
    ]


def random_names(arms: Iterable[Arm]) -> dict[tuple[str, tuple[int, int]], str]:
    """Name of the untrained arm of each architecture and frame size."""
    kinds = sorted({_kind(c) for arm in arms for c in arm.checkpoints})
    if len(kinds) == 1:
        return {kinds[0]: RANDOM}
    return {
        (architecture, size): f"{RANDOM} {architecture} {size[0]}x{size[1]}"
        for architecture, size in kinds
    }


def baseline_of(arm: Arm, names: dict[tuple[str, tuple[int, int]], str]) -> str:
    """Name of the untrained arm that ``arm`` is compared with.

    Raises:
        ConfigError: the arm's checkpoints differ in architecture or frame size.
    """
    kinds = {_kind(checkpoint) for checkpoint in arm.checkpoints}
    if len(kinds) > 1:
        raise ConfigError(
            f"arm {arm.name!r}: its checkpoints differ in architecture or frame size "
            f"({sorted(kinds)}); give them different names"
        )
    return names[kinds.pop()]


def _trials_of(
    arm: Arm, store_id: str, split: Split, seeds: Sequence[int]
) -> Iterator[Trial]:
    for fold in range(split.folds):
        serving = sorted(
            (c for c in arm.checkpoints if _serves(c, store_id, split, fold)),
            key=lambda checkpoint: int(checkpoint.provenance.get("seed") or 0),
        )
        if not serving:
            continue
        if len(serving) not in (1, len(seeds)):
            raise ConfigError(
                f"arm {arm.name!r}: {len(serving)} checkpoints for fold {fold} and "
                f"{len(seeds)} seeds; name one checkpoint, or one for each seed"
            )
        roles = split.roles(fold)
        for place, seed in enumerate(seeds):
            checkpoint = serving[place % len(serving)]
            seen = checkpoint.provenance["subjects"]
            check_leak(seen, roles.test | roles.validation)
            yield Trial(
                arm=arm.name,
                fold=fold,
                seed=seed,
                checkpoint=checkpoint,
                untrained=False,
            )


def _serves(checkpoint: Checkpoint, store_id: str, split: Split, fold: int) -> bool:
    known = checkpoint.provenance
    ours = known.get("store") == store_id and known.get("split") == split.name
    return not ours or known.get("fold") == fold


def _kind(checkpoint: Checkpoint) -> tuple[str, tuple[int, int]]:
    return checkpoint.architecture, checkpoint.size
