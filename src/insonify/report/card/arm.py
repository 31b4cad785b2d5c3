"""Which arm of a predictions file a run is one of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.compute as pc

from insonify.core.errors import ReportError
from insonify.core.joining import PredictedRows
from insonify.report.card.run import RunFacts

_RECIPE: Final = ("recipe", "architecture", "size")
"""What encoders of one recipe share, whatever their fold and seed."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """The encoders that were tested together, and whether this is one of them."""

    name: str
    baseline: str | None
    """The arm of the same network without pretraining."""
    encoders: int
    folds: tuple[int, ...]
    pretraining_seeds: tuple[int, ...]
    own: bool
    """Whether this very encoder is one of them."""
    fold: int | None
    """The fold whose test subjects this encoder predicted; None: all, or not told."""
    seeds: tuple[int, ...]
    """Seeds of the test under which it did; empty where that is not told."""


def find_arm(found: PredictedRows, run: RunFacts, name: str | None) -> Arm:
    """The arm of a run: the named one, that which holds it, or its recipe's.

    Raises:
        ReportError: there is none, or several, or the named one is of something else.
    """
    mine = _record(run)
    arms = {
        arm: card["checkpoints"]
        for arm, card in found.arms.items()
        if card.get("checkpoints") and (name is None or arm == name)
    }
    holding = [arm for arm, cards in arms.items() if mine in cards]
    alike = [arm for arm, cards in arms.items() if all(_alike(c, mine) for c in cards)]
    chosen = holding or alike
    if len(chosen) != 1:
        said = f"arms {chosen} are" if chosen else f"none of {sorted(found.arms)} is"
        raise ReportError(
            f"task {found.task!r}: {said} of recipe {mine.get('recipe')!r} with this "
            "network and frame size; name the arm with --arm, or other predictions"
        )
    return _arm(found, chosen[0], mine, own=bool(holding))


def _record(run: RunFacts) -> dict[str, Any]:
    """What predictions say of a checkpoint, as `insonify transfer` records it."""
    known = {"architecture": run.architecture, "size": list(run.size)}
    return {**run.provenance, **known}


def _alike(card: Mapping[str, Any], mine: Mapping[str, Any]) -> bool:
    return all(card.get(name) == mine.get(name) for name in _RECIPE)


def _arm(found: PredictedRows, name: str, mine: dict[str, Any], *, own: bool) -> Arm:
    card = found.arms[name]
    cards: list[dict[str, Any]] = card["checkpoints"]
    fold = mine.get("fold") if own and _is_of(found, mine) else None
    return Arm(
        name=name,
        baseline=card.get("baseline"),
        encoders=len(cards),
        folds=_values(cards, "fold"),
        pretraining_seeds=_values(cards, "seed"),
        own=own,
        fold=fold,
        seeds=() if fold is None else _seeds(found, name, cards, mine),
    )


def _is_of(found: PredictedRows, mine: Mapping[str, Any]) -> bool:
    """Whether a checkpoint was pretrained on the store and split that is tested."""
    splits = pc.unique(found.rows["split"]).to_pylist()
    return mine.get("store") == found.store and [mine.get("split")] == splits


def _values(cards: list[dict[str, Any]], name: str) -> tuple[int, ...]:
    return tuple(sorted({each[name] for each in cards if each.get(name) is not None}))


def _seeds(
    found: PredictedRows, name: str, cards: list[dict[str, Any]], mine: dict[str, Any]
) -> tuple[int, ...]:
    """The seeds of the test that this checkpoint served.

    `insonify transfer` gives the seeds of a fold, in the order of its options, to the
    fold's checkpoints in the order of their own seeds; one checkpoint serves all.
    """
    rows = found.rows.filter(pc.equal(found.rows["arm"], name))
    there = set(pc.unique(rows["seed"]).to_pylist())
    of_fold = [card for card in cards if card.get("fold") == mine.get("fold")]
    if len(of_fold) == 1:
        return tuple(sorted(there))
    named = found.facts.get("options", {}).get("seeds", [])
    of_fold.sort(key=lambda card: int(card.get("seed") or 0))
    if len(named) != len(of_fold) or set(named) != there or of_fold.count(mine) != 1:
        return ()
    return (named[of_fold.index(mine)],)
