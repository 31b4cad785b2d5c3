"""Against others, in one run: clip loading, pretraining speed, quality for time.

python benchmarks/peers.py OUT [--store STORE --split SPLIT] [--venv FOLDER]
    [--parts loading throughput quality] [--rounds 2] [--minutes 3] [--seeds 0]

Peers are installed into an environment of their own, which is made if it is missing,
and measured there, each row in a process of its own: one that cannot be installed,
imported or run is a row with its reason. Rounds alternate between all rows. The same
command goes on where it was interrupted; OUT holds the answers and copies of the store.

Quality is asked after the same wall clock of pretraining for all, start-up not counted:
each arm trains as many steps as it made in so long when its speed was measured.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers_arms import ARMS
from peers_data import Source, make_copies
from peers_loading import COLD, WARM
from peers_readers import READERS
from peers_rows import Rows
from peers_store import SPLIT, phantom_store
from peers_tables import (
    About,
    Found,
    loading_table,
    quality_table,
    steps_a_minute,
    throughput_table,
)
from peers_venv import make_environment
from table import show

_PARTS = ("loading", "throughput", "quality")
_TORCH = ("torch", "torchvision")
_OURS = {COLD: ("insonify",), WARM: ("insonify",)}


def loading(rows: Rows, clips: int, rounds: int) -> list[Any]:
    readers = _OURS | {name: needs for name, (_, needs) in READERS.items()}
    found: dict[str, list[Any]] = {who: [] for who in readers}
    for seed in range(rounds):
        for who, needs in readers.items():
            found[who].append(rows.measured("loading", who, needs, clips, seed))

    def about(who: str) -> dict[str, object]:
        return {"clips of 4 frames": f"{who} ({rows.environment.named(readers[who])})"}

    return loading_table(found, _OURS, about)


def speeds(rows: Rows, seconds: float, rounds: int) -> Found:
    """The measured rounds of every arm that trains."""
    found: dict[str, list[Any]] = {who: [] for who in ARMS if ARMS[who].trains}
    for seed in range(rounds):
        for who, answers in found.items():
            needs = ARMS[who].packages
            answers.append(rows.measured("throughput", who, needs, seconds, seed))
    return found


def qualities(
    rows: Rows, found: Found, minutes: float, seeds: Sequence[int]
) -> list[Any]:
    learnt: dict[str, list[Any]] = {who: [] for who in ARMS}
    for seed in seeds:
        for who, arm in ARMS.items():
            rate = steps_a_minute(found[who]) if arm.trains else 0.0
            if rate or not arm.trains:
                steps = max(1, round(minutes * rate))
                asked = "quality", who, arm.packages, steps, seed
                learnt[who].append(rows.measured(*asked))
            else:
                learnt[who].append(found[who][0])
    return quality_table(learnt, rows.copies.labelled, _about(rows))


def _about(rows: Rows) -> About:
    def about(who: str) -> dict[str, object]:
        arm = ARMS[who]
        named = rows.environment.named(arm.packages[:1])
        return {"pretraining": f"{who} ({named})", "setting": arm.setting}

    return about


def main() -> None:
    given = _parser().parse_args()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    environment = make_environment(given.venv)
    named = {*_TORCH, *(need for arm in ARMS.values() for need in arm.packages)}
    named |= {need for _, needs in READERS.values() for need in needs}
    print(environment.named(sorted(named)))
    source = Source(
        store=given.store or phantom_store(out),
        split=given.split,
        fold=given.fold,
        task=given.task,
    )
    copies = make_copies(source, out)
    rows = Rows(source=source, copies=copies, environment=environment, out=out)
    if "loading" in given.parts:
        show("peers_loading", loading(rows, given.clips, given.rounds))
    if {"throughput", "quality"} & {*given.parts}:
        found = speeds(rows, given.seconds, given.rounds)
        show("peers_throughput", throughput_table(found, _about(rows)))
        if "quality" in given.parts:
            table = qualities(rows, found, given.minutes, given.seeds)
            show("peers_quality", table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--store", type=Path, help="by default one is made in OUT")
    parser.add_argument("--split", default=SPLIT, help="of the store")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--task", default="plane", help="labels of the probes")
    parser.add_argument("--venv", type=Path, default=cache / "insonify-peers")
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--rounds", type=int, default=2, help="of loading and speed")
    parser.add_argument("--clips", type=int, default=480, help="loaded a round")
    parser.add_argument("--seconds", type=float, default=20, help="of speed, a round")
    parser.add_argument("--minutes", type=float, default=3, help="of pretraining")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    return parser


if __name__ == "__main__":
    main()
