"""``insonify ingest``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console, progress_bar
from insonify.ingest.books import COUNTS, Summary
from insonify.ingest.build import ingest
from insonify.ingest.handling import FileResult
from insonify.ingest.options import IngestOptions
from insonify.store import Store

_SHOWN_REJECTS = 20
OnFile: TypeAlias = Callable[[FileResult, int], None]
"""Called after each file with its result and the number of files to do."""


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """Turn a folder of recordings into a clean, de-identified store.

    Run it again to add what is new. A file that cannot be taken is listed with its
    reason, and the others go on.
    """

    source: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SOURCE")]
    """A file, or a folder that is searched to any depth."""
    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store: made if it is not there, added to if it is."""
    options: Annotated[IngestOptions, tyro.conf.arg(name="")] = field(
        default_factory=IngestOptions
    )
    strict: bool = False
    """Exit with 1 if a file was refused, now or before."""

    def run(self) -> int:
        """Ingest with a progress bar and a summary; 0, or 1 as --strict says."""
        summary = watched(partial(ingest, self.source, self.store, self.options))
        print_summary(summary, Store.open(self.store), "Ingest")
        return 1 if self.strict and summary.refusals else 0


def watched(work: Callable[[OnFile], Summary]) -> Summary:
    """Do ``work``, which takes files, with a progress bar."""
    with progress_bar("files") as bar:
        line = bar.add_task("", total=None, figures="")
        refused = 0

        def show(result: FileResult, total: int) -> None:
            nonlocal refused
            refused += result.reason is not None
            bar.update(line, total=total, advance=1, figures=f"{refused} refused")

        return work(show)


def print_summary(summary: Summary, store: Store, title: str) -> None:
    """Show what became of the files, and what the store holds."""
    table = Table("", "this time", title=title, show_header=False)
    table.add_row("files found", str(summary.files))
    table.add_row("taken before", str(summary.known))
    table.add_row("refused before (see --retry-rejects)", str(summary.refused_before))
    table.add_row("taken", str(summary.taken))
    table.add_row("refused", str(len(summary.rejects)))
    for name in COUNTS:
        table.add_row(name.replace("_", " "), str(summary.counts[name]))
    index = store.frames()
    table.add_section()
    table.add_row("store: videos", str(len(index.video_ids)))
    table.add_row("store: subjects", str(len(set(index.subjects))))
    table.add_row("store: frames", str(len(index)))
    console.print(table)
    if summary.sign_off:
        console.print(f"To sign off: {summary.sign_off}", soft_wrap=True)
    if summary.rejects:
        refusals = Table("file", "reason", title="Refused")
        for reject in summary.rejects[:_SHOWN_REJECTS]:
            refusals.add_row(reject.file, escape(reject.reason))
        console.print(refusals)
        more = len(summary.rejects) - _SHOWN_REJECTS
        if more > 0:
            console.print(f"… and {more} more, in the store's table of rejects.")
        console.print(
            f"Which file is which: {summary.linkage} (private, keep it so)",
            soft_wrap=True,
        )
    if summary.retried:
        again = Table("file", "before", "now", title="Tried again")
        for each in summary.retried[:_SHOWN_REJECTS]:
            now = "taken" if each.now is None else escape(each.now)
            again.add_row(
                each.file, escape(each.before), now if each.changed else "the same"
            )
        console.print(again)
