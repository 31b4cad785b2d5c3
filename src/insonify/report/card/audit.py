"""What an audit found of the run that a card is about."""

from dataclasses import dataclass
from pathlib import Path

from insonify.core.audit_rows import read_audit
from insonify.core.errors import ReportError
from insonify.report.card.run import Run
from insonify.report.page.audit_page import findings
from insonify.report.tables.audit_table import build_verdicts
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.statistics import Estimate


@dataclass(frozen=True, kw_only=True)
class Audited:
    """One question of the pretext task, asked without anatomy and without cues."""

    question: str
    clips: int
    subjects: int
    skill: Estimate
    """On held-out clips as they are; 0 for who does not look, 1 for always right."""
    without_anatomy: Estimate | None
    """Share of the skill that is reached without anatomy; None where there is none."""
    findings: tuple[str, ...]
    """All that was found, as sentences."""


def read_audited(path: Path, run: Run, options: ReportOptions) -> tuple[Audited, ...]:
    """What `insonify audit` kept, question by question.

    Raises:
        ReportError: the file is no audit, or one of another run.
    """
    found = read_audit(path)
    if found.store != run.store or found.facts.get("run") != run.facts.options:
        raise ReportError(
            f"{path}: an audit of another run (recipe {found.facts.get('recipe')!r}); "
            "name that of this one, or make it with `insonify audit STORE RUN`"
        )
    return tuple(
        Audited(
            question=verdict.question.name,
            clips=verdict.clips,
            subjects=verdict.subjects,
            skill=verdict.skills[0].skill,
            without_anatomy=_rest(verdict.anatomy),
            findings=(*findings(verdict), *verdict.notes),
        )
        for verdict in build_verdicts(found, options)
    )


def _rest(anatomy: Estimate | None) -> Estimate | None:
    """One minus a share."""
    if anatomy is None:
        return None
    return Estimate(
        value=1 - anatomy.value,
        low=1 - anatomy.high,
        high=1 - anatomy.low,
        spread=anatomy.spread,
    )
