"""What an audit found, on the console and on a page."""

from pathlib import Path

from rich.markdown import Markdown

from insonify.cli.console import console
from insonify.core.audit_rows import AuditRows
from insonify.core.files import write_bytes
from insonify.report.page.audit_page import as_html, as_markdown
from insonify.report.tables.audit_table import Verdict, build_verdicts
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json


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
