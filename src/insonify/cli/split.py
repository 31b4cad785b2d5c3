"""``insonify split``."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from insonify.cli.console import console
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Split:
    """Divide the subjects of a store over folds, once and for all."""

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store whose subjects to divide."""
    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """Name of the split."""
    folds: int = 5
    """Number of folds; each is tested on once."""
    task: str | None = None
    """Deal the subjects that have labels of this task, stratified by label; all others
    train in every fold. None deals all subjects."""
    seed: int = 0
    """Seed of the deal."""

    def run(self) -> int:
        """Write the split and show who is where; 0 when done."""
        store = Store.open(self.store)
        store.make_split(self.name, folds=self.folds, task=self.task, seed=self.seed)
        split = store.split(self.name)
        table = Table("part", "subjects", title=f"Split {self.name}")
        for part, count in sorted(Counter(split.parts.values()).items()):
            table.add_row(part, str(count))
        console.print(table)
        return 0
