"""Recipes against each other on real ultrasound that they have not seen.

python benchmarks/real_arms.py DATA OUT [--recipes insonify simclr transform_only]

DATA is a folder with ``lung_video_ccby``, ``gallbladder`` and ``muscle_masks`` (see
docs/log.md). Every recipe learns on all lung clips, from as many frames a step at one
learning rate, with several seeds; what its frozen features are worth is asked of
gallbladders of a second hospital and of masks of muscles, which stand in for gaze and
are none. With ``--zones`` it also learns on all volunteers but one and tells the zones
of that one's lungs, first seed alone. Every step is an ``insonify`` command; one whose
result is there is skipped. Engineering evidence, no clinical claim.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from real import insonify, stores
from standin import stand_in

_BATCH = {
    "insonify": 48,
    "simclr": 96,
    "hico": 96,
    "transform_only": 96,
    "siamese": 32,
}
"""Clips a step, for 192 frames."""
_RATE = 0.003
_FOLDS = 4


def main() -> None:
    arguments = _parser().parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    lung, gall = stores(arguments.data, out)
    muscle = stand_in(arguments.data / "muscle_masks", out, ["--key", out / "site.key"])
    recipes, steps, seeds = arguments.recipes, arguments.steps, arguments.seeds
    whole: list[object] = list(arguments.adopted)
    for recipe in recipes:
        for seed in seeds:
            run = out / "runs" / f"{recipe}-seed{seed}"
            pretrain(lung, run, recipe, steps, ["--seed", seed])
            whole.append(run)
    named = ["--seeds", *seeds, "--out"]
    asked = ["--task", "atresia", "--split", "part", *named]
    told(out / "atresia", ["planes", gall, *whole, *asked])
    asked = ["--task", "muscle mask (a stand-in for gaze)", "--split", "groups", *named]
    how = ["--protocols", "frozen"]
    told(out / "muscle-masks", ["saliency", muscle, *whole, *how, *asked])
    if arguments.zones:
        runs = list(by_fold(lung, out, recipes, steps))
        asked = ["--task", "zone", "--split", "zones", *named]
        told(out / "zone", ["planes", lung, *runs, *asked])


def pretrain(
    store: Path, run: Path, recipe: str, steps: int, more: Sequence[object]
) -> None:
    """One run, with as many frames a step and the same rate as all others."""
    given = ["--recipe", recipe, "--steps", steps, "--batch", _BATCH[recipe]]
    rate = ["--optimisation.learning-rate", _RATE]
    insonify(run / "checkpoint", "pretrain", store, run, *given, *rate, *more)


def by_fold(
    store: Path, out: Path, recipes: Sequence[str], steps: int
) -> Iterator[Path]:
    """A run for each recipe and volunteer that is left out."""
    for recipe in recipes:
        for fold in range(_FOLDS):
            run = out / "runs" / f"{recipe}-fold{fold}"
            part = ["--split", "zones", "--fold", fold]
            pretrain(store, run, recipe, steps, part)
            yield run


def told(path: Path, words: Sequence[object]) -> None:
    """Predictions and the table of them."""
    predictions, table = path.with_suffix(".parquet"), path.with_suffix(".md")
    insonify(predictions, "transfer", *words, predictions)
    insonify(table, "report", predictions, "--out", table)
    print(table.read_text())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    known = ["insonify", "simclr", "transform_only"]
    parser.add_argument("--recipes", nargs="+", choices=sorted(_BATCH), default=known)
    parser.add_argument("--adopted", nargs="*", default=[], help="NAME=CHECKPOINT")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--zones", action="store_true")
    return parser


if __name__ == "__main__":
    main()
