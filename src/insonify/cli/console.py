"""The one console that the command line prints to."""

import logging
import warnings

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console()
errors = Console(stderr=True)


def quiet_libraries() -> None:
    """Keep what libraries say in passing away from the console."""
    for name in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="lightning")


def progress_bar(unit: str) -> Progress:
    """A bar with count, elapsed time, time to go and a field ``figures``."""
    return Progress(
        TextColumn(unit),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("to go"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
    )
