"""``insonify gaze``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console, progress_bar
from insonify.ingest.gaze.build import import_gaze
from insonify.ingest.gaze.options import GazeImportOptions
from insonify.ingest.gaze.summary import GazeSummary, Refusal

_SHOWN: Final = 20
_COUNTS: Final = {
    "samples": "samples of gaze",
    "valid": "valid",
    "off_picture": "valid, but off the stored picture: dropped",
    "off_time": "on it, but before the first or after the last stored frame",
}


@dataclass(frozen=True, kw_only=True)
class Gaze:
    """Add what an eye tracker recorded to the videos of a store.

    Finds the videos by the content of their source files, maps time and place to the
    stored frames, and keeps the valid samples that lie on them. A file that cannot be
    read is listed with its reason, and the others go on.
    """

    source: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SOURCE")]
    """The file or folder that was ingested."""
    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store that has its videos."""
    options: Annotated[GazeImportOptions, tyro.conf.arg(name="")]
    strict: bool = False
    """Exit with 1 if anything was refused."""

    def run(self) -> int:
        """Import with a progress bar and a summary; 1 if nothing was taken."""
        with progress_bar("files") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(total: int) -> None:
                bar.update(line, total=total, advance=1)

            summary = import_gaze(self.source, self.store, self.options, show)
        _print(summary)
        refused = summary.unreadable or summary.absent or summary.misplaced
        return 1 if not summary.videos or (self.strict and refused) else 0


def _print(summary: GazeSummary) -> None:
    table = Table("", "this time", title="Gaze", show_header=False)
    table.add_row("files", str(summary.files))
    table.add_row("files refused", str(len(summary.unreadable)))
    table.add_row("videos that got gaze", str(summary.videos))
    for name, shown in _COUNTS.items():
        table.add_row(shown, str(summary.counts[name]))
    table.add_row("videos named, but not in the store", str(len(summary.absent)))
    table.add_row("videos on which no gaze fell", str(len(summary.misplaced)))
    console.print(table)
    refusals = [*summary.unreadable, *summary.absent, *summary.misplaced]
    if refusals:
        console.print(_list(refusals))
        if len(refusals) > _SHOWN:
            console.print(f"… and {len(refusals) - _SHOWN} more.")
        console.print(
            f"Which file is which: {summary.linkage} (private, keep it so)",
            soft_wrap=True,
        )


def _list(refusals: list[Refusal]) -> Table:
    table = Table("file or video", "samples", "reason", title="Refused")
    for refusal in refusals[:_SHOWN]:
        table.add_row(refusal.file, str(refusal.samples), escape(refusal.reason))
    return table
