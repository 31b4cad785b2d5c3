"""``insonify report``."""

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import rich.box
import rich.table
import tyro
from rich.markup import escape

from insonify.cli.console import console
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.core.predictions import concatenate, read_predictions
from insonify.report.options import ReportOptions
from insonify.report.render import as_json, as_markdown, cells, heads
from insonify.report.rows import Table
from insonify.report.table import build_table

_FIGURE_WIDTH = len("[0.702, 0.811]")
_WRITERS = {".md": as_markdown, ".json": as_json}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Compare arms by their predictions, with intervals over subjects."""

    predictions: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="PREDICTIONS")
    ]
    """Files that `insonify transfer` wrote: same task, store and split."""
    out: Path | None = None
    """Also write the table here: .md for Markdown, .json for every number."""
    overwrite: bool = False
    """Replace the file of --out if it is there."""
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Print the table; 0 when done."""
        if self.out is not None:
            self._check(self.out)
        if not self.predictions:
            raise ConfigError("no predictions file; name at least one")
        parts = [read_predictions(path) for path in self.predictions]
        table = build_table(concatenate(parts), self.options)
        _show(table)
        if self.out is not None:
            write_bytes(self.out, _WRITERS[self.out.suffix](table).encode())
            console.print(f"Report: {self.out}", soft_wrap=True)
        return 0

    def _check(self, out: Path) -> None:
        if out.suffix not in _WRITERS:
            raise ConfigError(
                f"{out}: --out ends in {out.suffix!r}; end it in .md or .json"
            )
        if out.exists() and not self.overwrite:
            raise ConfigError(f"{out}: exists; name another file or pass --overwrite")


def _show(table: Table) -> None:
    """Print a table that fits 80 columns: what all rows share goes into the title."""
    tested = [f"{row.subjects} subjects, {row.frames} frames" for row in table.rows]
    same = len(set(tested)) == 1
    shown = rich.table.Table(
        title=f"Task {escape(table.task)}" + (f": {tested[0]}" if same else ""),
        box=rich.box.SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    shown.add_column("arm", overflow="fold")
    for head in heads(table):
        shown.add_column(textwrap.fill(head, _FIGURE_WIDTH), no_wrap=True)
    for row, counts, figures in zip(
        table.rows, tested, cells(table, "\n"), strict=True
    ):
        learnt = "" if row.fraction in (None, 1.0) else f", labels {row.fraction:.3g}"
        who = f"{row.arm}\n{row.protocol}{learnt}" + ("" if same else f"\n{counts}")
        shown.add_row(*map(escape, (who, *figures)))
    console.print(shown)
    for note in table.notes:
        console.print(escape(note), style="dim", highlight=False)
