"""A report as one HTML file that opens without a network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from insonify.report.charts import bar_charts, class_chart, label_chart
from insonify.report.examples import Example
from insonify.report.page import page, scripted
from insonify.report.render import cells, heads, primary_rows
from insonify.report.rows import Row, Table
from insonify.report.summary import answers, compared, readings, verdicts

_CARD = ("recipe", "steps", "seed", "fold", "architecture", "size", "subjects")
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


def as_html(sections: Sequence[Section]) -> str:
    """The report as text."""
    return page("report.html", sections=[_shown(section) for section in sections])


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
        "charts": scripted([*bar_charts(table), *label_chart(table)]),
        "class_charts": scripted([class_chart(with_classes)] if with_classes else []),
        "classes": with_classes,
        "confusions": [(row, _shares(row)) for row in primary if row.confusion],
        "examples": section.examples,
        "cards": list(_cards(arms)),
        "facts": section.facts,
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
