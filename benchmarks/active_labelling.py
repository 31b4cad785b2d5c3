"""How many labels does the queue save? Asking and random choice, simulated.

python benchmarks/active_labelling.py STORE CKPT [--task plane] [--budget 1200]
    [--seeds 0 1 2 3 4] [--doubts margin] [--validation] [--name active_labelling]

The labels of STORE are hidden and given back one frame at a time. Asked are the
training subjects of the fold on which CKPT was pretrained without labels; measured is
on its test subjects, of whom neither pretraining nor choice has seen anything. With
``--validation`` it is on the validation subjects: what was chosen was chosen on them.
Features are those in STORE; where there are none they are computed and written there.
All intervals are 95 % bootstraps over held-out subjects and seeds, paired.

Legend: P points, R resamples.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

import numpy as np
from table import show
from threadpoolctl import threadpool_limits

from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.run import EmbedOptions, embed_store
from insonify.deploy.heads_folder import fingerprint
from insonify.deploy.labelling.compared import (
    Interval,
    Resamples,
    interval,
    labels_needed,
)
from insonify.deploy.labelling.curve import Doubles
from insonify.deploy.labelling.options import Doubt, LabellingOptions
from insonify.deploy.labelling.sides import Sides, sides
from insonify.deploy.labelling.simulation import Course, Simulation, Strategy
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store
from insonify.transfer.examples import Integers

_GOAL = 0.95
"""Share of what all labels reach."""
_BASELINES: tuple[Strategy, ...] = ("cover", "random", "subjects")
Way = tuple[Strategy | None, Doubt, int]
"""Strategy (None: all labels at once), doubt and seed."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all courses share; each is followed in a process that takes one core."""

    path: Path
    encoder: str
    options: LabellingOptions
    validation: bool
    budget: int

    def follow(self, way: Way) -> Course:
        """One course."""
        strategy, doubt, seed = way
        store, options = Store.open(self.path), replace(self.options, doubt=doubt)
        groups = sides(store, options)
        if self.validation:
            assert options.split is not None
            roles = store.split(options.split).roles(options.fold)
            groups = Sides(asked=groups.asked, held=roles.validation)
        features = Features.open(store, self.encoder)
        with threadpool_limits(1):
            simulation = Simulation(store, features, groups, options)
            if strategy is None:
                return simulation.everything()
            return simulation.run(strategy, budget=self.budget, seed=seed)


def row(
    name: str,
    labels_P: Integers,
    found_PR: Doubles,
    random_PR: Doubles,
    target_R: Doubles,
) -> dict[str, object]:
    """What is told of a strategy, with what it gains over random choice.

    Where random choice does not reach the goal it is taken to need the budget, which is
    less than it does: the strategy's share of its labels is smaller than what is told.
    """
    needed_R = labels_needed(labels_P, found_PR, target_R)
    random_R = labels_needed(labels_P, random_PR, target_R)
    share = interval(needed_R / np.minimum(random_R, labels_P[-1]))
    needed, area = interval(needed_R), interval(found_PR.mean(0))
    gain = interval((found_PR - random_PR).mean(0))
    ends = {
        f"F1 at {labels_P[place]}": round(float(found_PR[place, 0]), 3)
        for place in np.linspace(0, len(labels_P) - 1, 7).astype(int)[1:]
    }
    return {
        "strategy": name,
        f"labels to {_GOAL:.0%}": told(needed, 0),
        "of random's": "" if name == "random" else told(share, 2),
        "mean F1": told(area, 3),
        "gain": "" if name == "random" else told(gain, 3),
        **ends,
    }


def told(found: Interval, digits: int) -> str:
    """A figure with its interval."""
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def rows_of(
    ways: Sequence[Way], courses: Sequence[Course], resamples: int
) -> list[dict[str, object]]:
    """One row a strategy, and one for all labels."""
    everything = courses[0]
    seeds = len({seed for strategy, _, seed in ways if strategy is not None})
    subjects = len(np.unique(everything.held.subjects_B))
    drawn = Resamples.draw(subjects, seeds, resamples)
    full_R = everything.macro_f1_PR(drawn.counts_RS)[0]
    by_name: dict[str, list[Course]] = {}
    for (strategy, doubt, _), course in zip(ways[1:], courses[1:], strict=True):
        name = f"active, {doubt}" if strategy == "active" else str(strategy)
        by_name.setdefault(name, []).append(course)
    found = {name: drawn.mean_PR(each) for name, each in by_name.items()}
    labels_P = by_name["random"][0].labels_P
    rows = [
        row(name, labels_P, found_PR, found["random"], _GOAL * full_R)
        for name, found_PR in found.items()
    ]
    whole = interval(full_R)
    last: dict[str, object] = dict.fromkeys(rows[0], "")
    last |= {
        "strategy": f"all {everything.labels_P[0]} labels",
        "mean F1": told(whole, 3),
    }
    return [*rows, last]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--task", default="plane")
    parser.add_argument("--split", help="by default the one of the pretraining")
    parser.add_argument("--fold", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--budget", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument(
        "--doubts", nargs="+", choices=get_args(Doubt), default=["margin"]
    )
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--name", default="active_labelling")
    asked = parser.parse_args()
    store, checkpoint = Store.open(asked.store), load_checkpoint(asked.checkpoint)
    embed_store(store, checkpoint, EmbedOptions(), lambda _: None)
    known = checkpoint.provenance
    options = LabellingOptions(
        task=asked.task,
        split=asked.split or known["split"],
        fold=known["fold"] if asked.fold is None else asked.fold,
        batch=asked.batch,
    )
    ways: list[Way] = [(None, "margin", 0)]
    ways += [("active", doubt, seed) for doubt in asked.doubts for seed in asked.seeds]
    ways += [(one, "margin", seed) for one in _BASELINES for seed in asked.seeds]
    plan = Plan(
        path=asked.store,
        encoder=fingerprint(checkpoint),
        options=options,
        validation=asked.validation,
        budget=asked.budget,
    )
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        courses = list(pool.map(plan.follow, ways))
    show(asked.name, rows_of(ways, courses, options.resamples))


if __name__ == "__main__":
    main()
