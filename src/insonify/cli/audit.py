"""``insonify audit``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from insonify.audit.audited import load_run
from insonify.audit.run import AuditOptions, run_audit
from insonify.cli.audit_told import tell_audit
from insonify.cli.console import progress_bar
from insonify.cli.page_files import check_page
from insonify.core.audit_rows import AuditRows, write_audit
from insonify.report.tables.options import ReportOptions
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
