"""``insonify audit``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.markdown import Markdown

from insonify.audit.audited import load_run
from insonify.audit.run import AuditOptions, run_audit
from insonify.cli.console import console, progress_bar
from insonify.cli.page_files import check_page
from insonify.core.audit_rows import AuditRows, write_audit
from insonify.core.files import write_bytes
from insonify.report.page.audit_page import as_html, as_markdown
from insonify.report.tables.audit_table import Verdict, build_verdicts
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Find out whether a pretext task is solved by a shortcut.

    Asks the pretrained network its own questions again, on clips of validation subjects
    without anatomy or without a cue, and says what its skill rests on, with intervals
    over subjects, beside what needs no network at all.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store that the run learnt from."""
    trained: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """Run folder of a finished `insonify pretrain` with a --split."""
    out: Path | None = None
    """The page: .html opens without a network; .md or .json likewise. All answers are
    kept beside it as .parquet, which `insonify report` reads. None: audit.html in
    RUN."""
    overwrite: bool = False
    """Replace the files if they are there."""
    audit: Annotated[AuditOptions, tyro.conf.arg(name="")] = field(
        default_factory=AuditOptions
    )
    resamples: int = ReportOptions.resamples
    """Resamples of subjects behind every interval; at least 1000."""

    def run(self) -> int:
        """Ask, print the findings and write the page; 0 when done."""
        out = self.out or self.trained / "audit.html"
        rows = out.with_suffix(".parquet")
        check_page(out, rows, overwrite=self.overwrite)
        found = self._ask()
        write_audit(rows, found)
        options = ReportOptions(resamples=self.resamples, seed=self.audit.seed)
        tell_audit(found, out, options)
        return 0

    def _ask(self) -> AuditRows:
        store = Store.open(self.store)
        audited = load_run(self.trained, store)
        with progress_bar("batches") as bar:
            task = bar.add_task("", total=None, figures="")
            return run_audit(
                store,
                audited,
                self.audit,
                lambda done, total: bar.update(task, completed=done, total=total),
            )


def tell_audit(found: AuditRows, out: Path | None, options: ReportOptions) -> None:
    """Print what an audit found, and write its page if ``out`` names one."""
    verdicts = build_verdicts(found, options)
    if out is not None:
        write_bytes(out, _text(verdicts, found, out.suffix).encode())
    console.print(Markdown(as_markdown(verdicts, found.facts)))
    if out is not None:
        console.print(f"Audit: {out}", soft_wrap=True)


def _text(verdicts: tuple[Verdict, ...], found: AuditRows, ending: str) -> str:
    if ending == ".html":
        return as_html(verdicts, found.facts)
    if ending == ".md":
        return as_markdown(verdicts, found.facts)
    return as_json({"facts": found.facts, "verdicts": list(verdicts)})
