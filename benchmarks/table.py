"""Prints a benchmark's table and writes its JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


def show(name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows of equal keys, and write them to ``results/NAME.json``."""
    table = Table(*rows[0], title=name)
    for row in rows:
        cells = [f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()]
        table.add_row(*cells)
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(list(rows), indent=2) + "\n")
