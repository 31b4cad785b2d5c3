"""What a report says of audits that are named beside predictions."""

from typing import Any

from insonify.core.audit_rows import AuditRows
from insonify.report.page.audit_page import findings
from insonify.report.tables.audit_table import build_verdicts
from insonify.report.tables.options import ReportOptions


def audit_shown(audit: AuditRows, options: ReportOptions) -> dict[str, Any]:
    """What the template ``audits.html`` is given of an audit."""
    verdicts = build_verdicts(audit, options)
    return {
        "recipe": audit.facts.get("recipe", ""),
        "verdicts": [(each, list(findings(each))) for each in verdicts],
    }
