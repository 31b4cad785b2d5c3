"""A report as one HTML file that opens without a network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from insonify.report.page.audit_summary import audit_shown
from insonify.report.page.beside import Beside, said_beside
from insonify.report.page.cases import Cases
from insonify.report.page.commands import transfer_commands
from insonify.report.page.examples import Example
from insonify.report.page.flow_page import flow_shown
from insonify.report.page.gallery_page import gallery_shown
from insonify.report.page.headline import Headline, headline
from insonify.report.page.page import page, scripted
from insonify.report.page.runs_page import runs_shown
from insonify.report.page.statistics_page import statistics_shown
from insonify.report.page.summary import answers, compared, readings, verdicts
from insonify.report.page.table_charts import bar_charts, class_chart, label_charts
from insonify.report.tables.render import cells, heads, primary_rows
from insonify.report.tables.rows import Row, Table

_CARD: Final = ("recipe", "steps", "seed", "fold", "architecture", "size", "subjects")
"""What of a checkpoint's provenance is shown."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One task of a report: its table, and what else is shown of it."""

    table: Table
    arms: dict[str, dict[str, Any]]
    """Provenance of the arms."""
    facts: dict[str, Any]
    """How the predictions were made."""
    examples: tuple[Example, ...] = field(default=())
    """Saliency maps of some frames."""
    cases: tuple[Cases, ...] = field(default=())
    """Frames that each arm was surest of."""


def as_html(
    sections: Sequence[Section], beside: Beside | None = None, *, card: Any = None
) -> str:
    """The report as text.

    Args:
        sections: The tasks.
        beside: What else is shown.
        card: What ``card.html`` is given; None: no model card.
    """
    beside = beside or Beside()
    return page(
        "report.html",
        heading="What pretraining is worth" if sections else "What was done",
        short=list(_short(sections, beside)),
        sections=[_shown(section) for section in sections],
        flows=[flow_shown(each) for each in beside.flows],
        runs=runs_shown(beside.runs) if beside.runs else None,
        galleries=[gallery_shown(each) for each in beside.galleries],
        audits=[audit_shown(each, beside.options) for each in beside.audits],
        card=card,
    )


def _short(
    sections: Sequence[Section], beside: Beside
) -> Iterator[tuple[str, str, Headline]]:
    """Place on the page, name and gist of each part, in their order on the page."""
    for number, section in enumerate(sections, 1):
        said = headline(section.table, section.arms)
        yield f"task-{number}", f"Task: {section.table.task}", said
    for name, sentence in said_beside(beside):
        yield name.lower(), name, Headline("", sentence)


def _shown(section: Section) -> dict[str, Any]:
    """What the template is given of a section."""
    table, arms = section.table, section.arms
    primary = primary_rows(table)
    with_classes = [row for row in primary if row.classes]
    return {
        "table": table,
        "compared": list(compared(table, arms)),
        "answers": list(answers(table, arms)),
        "readings": list(readings(table)),
        "verdicts": verdicts(table),
        "heads": heads(table, gains=()),
        "rows": list(zip(table.rows, cells(table, "\n", gains=()), strict=True)),
        "charts": scripted(bar_charts(table)),
        "label_charts": scripted(label_charts(table)),
        "class_charts": scripted([class_chart(with_classes)] if with_classes else []),
        "classes": with_classes,
        "confusions": [(row, _shares(row)) for row in primary if row.confusion],
        "examples": section.examples,
        "cases": section.cases,
        "statistics": statistics_shown(table),
        "cards": list(_cards(arms)),
        "facts": section.facts,
        "arms": arms,
        "commands": transfer_commands(bool(table.classes), section.facts),
    }


def _shares(row: Row) -> list[list[tuple[float, float]]]:
    """Count, and share of its true class, of every cell of a confusion matrix."""
    return [
        [(count, count / max(sum(counts), 1e-12)) for count in counts]
        for counts in row.confusion
    ]


def _cards(arms: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, list[str]]]:
    """Arm, its baseline, and the values of its provenance, over all checkpoints."""
    for arm, card in arms.items():
        checkpoints = card.get("checkpoints", [card])
        columns = [
            dict.fromkeys(_word(each[name]) for each in checkpoints if name in each)
            for name in _CARD
        ]
        yield arm, str(card.get("baseline") or ""), [", ".join(c) for c in columns]


def _word(value: Any) -> str:
    if isinstance(value, list):
        return " x ".join(map(str, value))
    return "" if value is None else str(value)
