"""``insonify report``."""

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import rich.box
import rich.table
import tyro
from rich.markup import escape

from insonify.cli.audit import tell_audit
from insonify.cli.console import console
from insonify.cli.page_files import check_page
from insonify.core import audit_rows
from insonify.core import predictions as planes
from insonify.core import saliency_predictions as saliency
from insonify.core.described import kind_of
from insonify.core.errors import ConfigError, ReportError
from insonify.core.files import write_bytes
from insonify.report.examples import saliency_examples
from insonify.report.html import Section, as_html
from insonify.report.options import ReportOptions
from insonify.report.render import SHORT, as_json, as_markdown, cells, heads
from insonify.report.rows import Table
from insonify.report.saliency_table import build_saliency_table
from insonify.report.table import build_table

_FIGURE_WIDTH = len("[0.702, 0.811]")
_ROOM = 3
"""Figures, beside gains, that fit 80 columns."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Compare arms by their predictions, with intervals over subjects."""

    predictions: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="PREDICTIONS")
    ]
    """Files that `insonify transfer` wrote; those of one task must be of the same store
    and split. Or the answers that `insonify audit` kept."""
    out: Path | None = None
    """Also write the report here: .html for a page with charts that opens without a
    network, .md for Markdown, .json for every number."""
    overwrite: bool = False
    """Replace the file of --out if it is there."""
    options: Annotated[ReportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ReportOptions
    )

    def run(self) -> int:
        """Print the tables; 0 when done."""
        if self.out is not None:
            check_page(self.out, overwrite=self.overwrite)
        if not self.predictions:
            raise ConfigError("no predictions file; name at least one")
        if any(kind_of(path) == audit_rows.KIND for path in self.predictions):
            return self._audit()
        sections = self._sections()
        for section in sections:
            _show(section.table)
        if self.out is not None:
            write_bytes(self.out, _text(sections, self.out.suffix).encode())
            console.print(f"Report: {self.out}", soft_wrap=True)
        return 0

    def _audit(self) -> int:
        """Tell of an audit again.

        Raises:
            ConfigError: there are other files beside it.
        """
        if len(self.predictions) > 1:
            raise ConfigError(
                f"{len(self.predictions)} files, one of them an audit; report an audit "
                "by itself"
            )
        found = audit_rows.read_audit(self.predictions[0])
        tell_audit(found, self.out, self.options)
        return 0

    def _sections(self) -> list[Section]:
        """A section for each kind of predictions.

        Raises:
            ReportError: a file is of no kind.
        """
        kinds: dict[str, list[Path]] = {}
        for path in self.predictions:
            kind = kind_of(path)
            if kind not in (planes.KIND, saliency.KIND):
                raise ReportError(
                    f"{path}: no predictions file; name one that `insonify transfer` "
                    "wrote"
                )
            kinds.setdefault(str(kind), []).append(path)
        make = {planes.KIND: self._planes, saliency.KIND: self._saliency}
        return [make[kind](paths) for kind, paths in sorted(kinds.items())]

    def _planes(self, paths: list[Path]) -> Section:
        found = planes.concatenate([planes.read_predictions(path) for path in paths])
        table = build_table(found, self.options)
        return Section(table=table, arms=found.arms, facts=found.facts)

    def _saliency(self, paths: list[Path]) -> Section:
        parts = [saliency.read_saliency(path) for path in paths]
        found = saliency.concatenate_saliency(parts)
        table = build_saliency_table(found, self.options)
        return Section(
            table=table,
            arms=found.arms,
            facts=found.facts,
            examples=saliency_examples(found, table),
        )


def _text(sections: list[Section], ending: str) -> str:
    tables = [section.table for section in sections]
    if ending == ".html":
        return as_html(sections)
    return as_markdown(tables) if ending == ".md" else as_json(tables)


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
