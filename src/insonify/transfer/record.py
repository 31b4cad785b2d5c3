"""What a transfer records of who took part."""

from collections.abc import Iterator, Sequence
from typing import Any

from insonify.transfer.arms import RANDOM, SUPERVISED, Arm, baseline_of, random_names
from insonify.transfer.plan import Job


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


def _untrained_cards(
    names: dict[tuple[str, tuple[int, int]], str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    for (architecture, size), name in names.items():
        card = {"architecture": architecture, "size": list(size)}
        yield name, {"baseline": None, **card}
        yield name.replace(RANDOM, SUPERVISED, 1), {"baseline": name, **card}
