"""One measurement, in a process and an environment of its own.

python benchmarks/peers_row.py REQUEST.json ANSWER.json

What goes wrong ends the process; its last line is the row's reason.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peers_arms import ARMS, Lesson
from peers_clock import watched
from peers_data import Copies
from peers_loading import measure
from peers_quality import probed

from insonify.core.files import write_json
from insonify.store import Store

_ENDLESS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure.

    Attributes:
        part: loading, throughput or quality.
        who: A reader or an arm.
        store: The store.
        split: Its split, and
        fold: fold.
        copies: Folder of the copies of the store.
        amount: Clips to load, seconds to measure, or steps to train.
        seed: Seed of what is drawn.
    """

    part: str
    who: str
    store: str
    split: str
    fold: int
    copies: str
    amount: float
    seed: int

    @property
    def _copies(self) -> Copies:
        return Copies(folder=Path(self.copies))

    def answer(self) -> dict[str, Any]:
        """Measure it."""
        if self.part == "loading":
            store = Store.open(Path(self.store))
            return measure(self.who, store, self._copies, int(self.amount), self.seed)
        with tempfile.TemporaryDirectory() as folder:
            if self.part == "throughput":
                with watched(self.amount) as clock:
                    ARMS[self.who].train(self._lesson(Path(folder), _ENDLESS))
                return clock.measured() or sys.exit("ended before it was measured")
            return self._learnt(Path(folder))

    def _learnt(self, folder: Path) -> dict[str, Any]:
        steps = int(self.amount)
        with watched(None) as clock:
            network = ARMS[self.who].train(self._lesson(folder, steps))
        roles = Store.open(Path(self.store)).split(self.split).roles(self.fold)
        found = probed(network, self._copies.labelled, roles, self.seed)
        return clock.measured(0) | {"confusion": found}

    def _lesson(self, folder: Path, steps: int) -> Lesson:
        return Lesson(
            store=Path(self.store),
            split=self.split,
            fold=self.fold,
            images=self._copies.images,
            out=folder,
            steps=steps,
            seed=self.seed,
        )


def main() -> None:
    request, answer = map(Path, sys.argv[1:])
    torch.manual_seed(0)
    write_json(answer, Request(**json.loads(request.read_text())).answer())


if __name__ == "__main__":
    main()
