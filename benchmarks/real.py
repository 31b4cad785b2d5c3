"""The whole job on real ultrasound: lung clips and zones, gallbladders of two sites.

python benchmarks/real.py DATA OUT [--steps 200] [--seeds 0 1 2]

DATA is a folder with ``lung_video_ccby`` and ``gallbladder`` (see docs/log.md). Every
step is an ``insonify`` command, which is printed; one whose result is there is skipped,
so an interrupted run goes on where it stopped. Engineering evidence, no clinical claim.
"""

import argparse
import csv
import json
import shlex
import subprocess
import sys
from pathlib import Path

from table import show

_FOLDS = 4
_ENCODER = ("--encoder", "resnet18", "--size", "80", "104")
"""What the recipe was when the figures in README and docs/log.md were measured."""
_HELD_OUT = ("order.accuracy", "order.shortest_path", "transform.r2", "rank")


def insonify(result: Path, *words: object) -> None:
    """Run one command, unless its result is there."""
    if result.exists():
        return
    arguments = [str(word) for word in words]
    print("$ insonify", shlex.join(arguments), flush=True)
    subprocess.run([sys.executable, "-m", "insonify", *arguments], check=True)


def gallbladder_table(folder: Path, path: Path) -> None:
    """The table of subjects: ids repeat between the hospitals, so they are prefixed."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "subject", "atresia", "part"])
        for part, name in (("train", "training_data"), ("test", "test_data")):
            with (folder / name / "label.csv").open(newline="") as labels:
                for image, label in csv.reader(labels):
                    subject = f"{name}-{image.split('_')[0]}"
                    kind = "atresia" if label == "0" else "other"
                    writer.writerow([f"{name}/{image}", subject, kind, part])


def stores(data: Path, out: Path) -> tuple[Path, Path]:
    """Ingest both sets."""
    lung, gall = out / "lung", out / "gallbladder"
    key = ["--key", out / "site.key"]
    source = data / "lung_video_ccby"
    manifest = ["--subjects", source / "manifest.csv", "--labels", "zone", "label"]
    insonify(lung, "ingest", source, lung, *manifest, *key)
    insonify(out / "zones.done", "split", lung, "zones", "--folds", 4, "--task", "zone")
    (out / "zones.done").touch()
    table = out / "gallbladder.csv"
    gallbladder_table(data / "gallbladder", table)
    given = ["--subjects", table, "--labels", "atresia", "--split-column", "part"]
    still = ["--area", "full"]
    source = data / "gallbladder"
    insonify(gall, "ingest", source, gall, *given, *still, *key)
    return lung, gall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    lung, gall = stores(arguments.data, out)
    steps = ["--recipe", "siamese", "--steps", arguments.steps, *_ENCODER]
    folds = []
    for seed in arguments.seeds:
        for fold in range(_FOLDS):
            run = out / f"zones-seed{seed}-fold{fold}"
            part = ["--split", "zones", "--fold", fold, "--probe-task", "zone"]
            done = run / "checkpoint"
            insonify(done, "pretrain", lung, run, *steps, *part, "--seed", seed)
            folds.append(run)
    # The gallbladders' subjects are all new to any of them.
    first = [run for run in folds if run.name.endswith("fold0")]
    for task, split, store, runs in (
        ("zone", "zones", lung, folds),
        ("atresia", "part", gall, first),
    ):
        asked = ["--task", task, "--split", split]
        predictions = out / f"{task}.parquet"
        insonify(
            predictions,
            "transfer",
            "planes",
            store,
            *runs,
            *asked,
            "--out",
            predictions,
        )
        table = out / f"{task}.md"
        insonify(table, "report", predictions, "--out", table)
    held_out(folds)


def held_out(runs: list[Path]) -> None:
    """Pretext figures on the validation subject of each fold, at the last step."""
    rows = []
    for run in runs:
        last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
        rows.append({"run": run.name} | {k: last[f"held_out.{k}"] for k in _HELD_OUT})
    mean = {k: sum(float(row[k]) for row in rows) / len(rows) for k in _HELD_OUT}
    show("real_pretext", [*rows, {"run": "mean", **mean}])


if __name__ == "__main__":
    main()
