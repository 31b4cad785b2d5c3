"""``insonify report``."""

import datetime
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import rich.box
import rich.table
import tyro
from rich.markup import escape

from insonify.cli.audit_told import tell_audit
from insonify.cli.console import console
from insonify.cli.page_files import check_page, check_page_holds
from insonify.core import audit_rows
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.report.card.card import card_beside, card_shown
from insonify.report.page.beside import Beside, read_beside, said_beside
from insonify.report.page.html import Section, as_html
from insonify.report.page.inputs import Inputs, sort_inputs
from insonify.report.page.sections import Making, make_sections
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import SHORT, as_json, as_markdown, cells, heads
from insonify.report.tables.rows import Table

_FIGURE_WIDTH = len("[0.702, 0.811]")
_ROOM = 3
"""Figures, beside gains, that fit 80 columns."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Show what was done and what it is worth: tables with intervals, and a page.

    Predictions make tables. On an .html page stand beside them whatever else is named:
    runs of `insonify pretrain` (how it went), a store (what became of the files), a
    gallery (which frames the network finds alike) and audits.
    """

    predictions: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="INPUT")
    ]
    """Files that `insonify transfer` wrote (those of one task must be of the same store
    and split; a gallery holds pictures of patients, and so will the page), answers that
    `insonify audit` kept, folders of runs, and stores; each is recognised."""
    out: Path | None = None
    """Also write the report here: .html for a page with charts that opens without a
    network, .md for Markdown, .json for every number of the tables."""
    overwrite: bool = False
    """Replace the file of --out if it is there."""
    groups: Path | None = None
    """Table of who belongs to which group, for figures of each: a CSV with a column
    subject or video (pseudonyms of the store) whose others are groupings, such as site
    or operator. What a store among the inputs knows of devices is added."""
    card: Path | None = None
    """Run or checkpoint whose model card ends the .html page, with the data sheet of
    its store where that is among the inputs; `insonify card` writes it alone."""
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Print the tables; 0 when done."""
        if self.out is not None:
            check_page(self.out, overwrite=self.overwrite)
        if not self.predictions:
            raise ConfigError("no predictions file; name at least one input")
        inputs = sort_inputs(self.predictions)
        if len(self.predictions) == len(inputs.audits) == 1:
            return self._audit(inputs.audits[0])
        if self.out is not None:
            check_page_holds(self.out, tables=inputs.tables)
        if self.card is not None and (self.out is None or self.out.suffix != ".html"):
            raise ConfigError("--card is part of a page; name one by --out report.html")
        return self._tell(inputs)

    def _audit(self, path: Path) -> int:
        """Tell of an audit again."""
        tell_audit(audit_rows.read_audit(path), self.out, self.options)
        return 0

    def _tell(self, inputs: Inputs) -> int:
        beside = read_beside(inputs, self.options)
        making = Making(
            galleries=beside.galleries,
            stores=inputs.stores,
            groups=self.groups,
            options=self.options,
        )
        sections = list(make_sections(inputs, making))
        for section in sections:
            _show(section.table)
        for name, sentence in said_beside(beside):
            console.print(f"{name}: {escape(sentence)}", highlight=False)
        if self.out is not None:
            data = self._text(self.out.suffix, sections, beside, inputs).encode()
            write_bytes(self.out, data)
            size = f"{len(data) / 1e6:.1f} MB"
            console.print(f"Report: {self.out} ({size})", soft_wrap=True)
        return 0

    def _text(
        self, ending: str, sections: list[Section], beside: Beside, inputs: Inputs
    ) -> str:
        tables = [section.table for section in sections]
        if ending != ".html":
            return as_markdown(tables) if ending == ".md" else as_json(tables)
        card = None
        if self.card is not None:
            today = datetime.datetime.now(datetime.UTC).date()
            made = card_beside(self.card, inputs, today, self.options)
            card = card_shown(made)
        return as_html(sections, beside, card=card)


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
    there = [name for name in SHORT if any(name in r.figures for r in table.rows)]
    names = there[:_ROOM]
    for head in heads(table, names):
        shown.add_column(textwrap.fill(head, _FIGURE_WIDTH), no_wrap=True)
    for row, counts, figures in zip(
        table.rows, tested, cells(table, "\n", names), strict=True
    ):
        learnt = "" if row.fraction in (None, 1.0) else f", labels {row.fraction:.3g}"
        who = f"{row.arm}\n{row.protocol}{learnt}" + ("" if same else f"\n{counts}")
        shown.add_row(*map(escape, (who, *figures)))
    console.print(shown)
    for note in table.notes:
        console.print(escape(note), style="dim", highlight=False)
