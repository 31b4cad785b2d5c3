"""Recipes against each other on real ultrasound that they have not seen.

python benchmarks/real_arms.py DATA OUT [--recipes insonify simclr transform_only]
    [--variants "near=insonify --embedding.interval-s 0.07"] [--parts masks]

DATA is a folder with ``lung_video_ccby``, ``gallbladder`` and ``muscle_masks`` (see
docs/log.md). Every recipe learns on all lung clips, from as many frames a step at one
learning rate, with several seeds; what its frozen features are worth is asked of
gallbladders of a second hospital and of masks of muscles, which stand in for gaze and
are none. A variant is a recipe with options of its own, under a name of its own. With
``--parts zones`` arms also learn on all volunteers but one and tell the zones of that
one's lungs, first seed alone. Every step is an ``insonify`` command; one whose result
is there is skipped. Engineering evidence, no clinical claim.
"""

import argparse
import shlex
from collections.abc import Iterator, Mapping, Sequence
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
_LEARNING_RATE = "--optimisation.learning-rate"
_FOLDS = 4


def main() -> None:
    arguments = _parser().parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    lung, gall = stores(arguments.data, out)
    arms = {name: [name] for name in arguments.recipes}
    arms |= dict(variant(text) for text in arguments.variants)
    steps, seeds = arguments.steps, arguments.seeds
    named = ["--seeds", *seeds, "--out"]
    if {"gallbladders", "masks"} & set(arguments.parts):
        whole = [*arguments.adopted, *by_seed(lung, out, arms, steps, seeds)]
    if "gallbladders" in arguments.parts:
        asked = ["--task", "atresia", "--split", "part", *named]
        told(out / "atresia", ["planes", gall, *whole, *asked])
    if "masks" in arguments.parts:
        muscle = stand_in(
            arguments.data / "muscle_masks", out, ["--key", out / "site.key"]
        )
        asked = ["--task", "muscle mask (a stand-in for gaze)", "--split", "groups"]
        how = ["--protocols", *arguments.mask_protocols, *named]
        told(out / "muscle-masks", ["saliency", muscle, *whole, *asked, *how])
    if "zones" in arguments.parts:
        runs = list(by_fold(lung, out, arms, steps))
        asked = ["--task", "zone", "--split", "zones", *named]
        told(out / "zone", ["planes", lung, *runs, *asked])


def variant(text: str) -> tuple[str, list[str]]:
    """The name of an arm, and its recipe with what is changed in it."""
    name, _, words = text.partition("=")
    recipe = shlex.split(words)
    if not name or not recipe or recipe[0] not in _BATCH:
        raise SystemExit(
            f"--variants: {text!r} is no NAME=RECIPE OPTIONS; recipes: {sorted(_BATCH)}"
        )
    return name, recipe


def pretrain(
    store: Path, run: Path, arm: Sequence[str], steps: int, more: Sequence[object]
) -> Path:
    """One run, with as many frames a step and, unless told, the same rate as all."""
    recipe, *options = arm
    given = ["--recipe", recipe, "--steps", steps, "--batch", _BATCH[recipe]]
    if _LEARNING_RATE not in options:
        given += [_LEARNING_RATE, _RATE]
    insonify(run / "checkpoint", "pretrain", store, run, *given, *options, *more)
    return run


def by_seed(
    store: Path,
    out: Path,
    arms: Mapping[str, Sequence[str]],
    steps: int,
    seeds: Sequence[int],
) -> Iterator[str]:
    """A run on all clips for each arm and seed, with the arm's name."""
    for name, arm in arms.items():
        for seed in seeds:
            run = out / "runs" / f"{name}-seed{seed}"
            yield f"{name}={pretrain(store, run, arm, steps, ['--seed', seed])}"


def by_fold(
    store: Path, out: Path, arms: Mapping[str, Sequence[str]], steps: int
) -> Iterator[str]:
    """A run for each arm and volunteer that is left out."""
    for name, arm in arms.items():
        for fold in range(_FOLDS):
            run = out / "runs" / f"{name}-fold{fold}"
            part = ["--split", "zones", "--fold", fold]
            yield f"{name}={pretrain(store, run, arm, steps, part)}"


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
    parser.add_argument("--recipes", nargs="*", choices=sorted(_BATCH), default=known)
    parser.add_argument("--adopted", nargs="*", default=[], help="NAME=CHECKPOINT")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--variants", nargs="*", default=[], help="NAME=RECIPE OPTIONS")
    parts = ["gallbladders", "masks", "zones"]
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts[:2])
    parser.add_argument("--mask-protocols", nargs="+", default=["frozen"])
    return parser


if __name__ == "__main__":
    main()
