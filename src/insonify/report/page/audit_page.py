"""An audit as sentences, as a page and as Markdown."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from insonify.report.page.charts import COLOURS, Chart, interval_bars
from insonify.report.page.page import page, scripted
from insonify.report.tables.audit_table import Part, Skill, Verdict
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.wording import number

_GROUPS: Final = {
    "real": "as taught",
    "empty": "no anatomy: skill should vanish",
    "kept": "anatomy without a cue: skill should stay",
    "baseline": "no network",
}
"""What each meaning of a condition is called."""
_RANGE: Final = [-0.5, 1.0]
"""Of the skills that are drawn; a network fooled by a strange picture may be far below,
which the table says."""
_COST: Final = 0.1
"""Share of the skill from whose loss a cue is named: masks hide some anatomy too."""


def findings(verdict: Verdict) -> Iterator[str]:
    """What the figures of one question say."""
    real = verdict.skills[0].skill
    name = verdict.question.name
    if real.low <= 0:
        yield (
            f"{name}: not learnt. Its skill on held-out clips is {_text(real)}, which "
            "who does not look reaches as well; there is nothing to explain yet."
        )
    else:
        yield f"{name}: learnt, skill {_text(real)} on held-out clips."
    if verdict.anatomy is not None:
        yield (
            f"At most {verdict.anatomy.value:.0%} of it needs anatomy "
            f"({verdict.anatomy.low:.0%} to {verdict.anatomy.high:.0%}): the rest is "
            f"reached on {_best_empty(verdict).condition.name!r} as well."
        )
    for each in verdict.skills[1:]:
        yield from _finding(each, real)


def _finding(each: Skill, real: Estimate) -> Iterator[str]:
    found, name, change = each.skill, each.condition.name, each.change
    meaning = each.condition.meaning
    if meaning == "empty" and found.low > 0:
        yield f"Shortcut: {name!r} gives {_text(found)} without anatomy."
    elif meaning == "kept" and change and change.high < -_COST * max(real.value, 0):
        yield (
            f"Leans on a cue: {name!r} costs {-change.value / real.value:.0%} of the "
            f"skill ({_text(change, '+')})."
        )
    elif meaning == "baseline" and found.value > max(real.value, 0):
        yield f"{name!r}, without a network, reaches more: {_text(found)}."


def _best_empty(verdict: Verdict) -> Skill:
    empty = [each for each in verdict.skills if each.condition.meaning == "empty"]
    return max(empty, key=lambda each: each.skill.value)


def as_markdown(verdicts: Sequence[Verdict], facts: dict[str, Any]) -> str:
    """Every verdict, its table and its parts."""
    lines = [f"# Audit of recipe {facts['recipe']}", ""]
    for verdict in verdicts:
        lines += [f"## {verdict.question.name}", "", *_list(findings(verdict)), ""]
        lines += ["| condition | meaning | skill | change |", "|---|---|---|---|"]
        for each in verdict.skills:
            change = "" if each.change is None else _text(each.change, "+")
            meaning = _GROUPS[each.condition.meaning]
            cells = (each.condition.name, meaning, _text(each.skill), change)
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", "| part of the real clips | clips | skill |", "|---|---|---|"]
        for part in (*verdict.by_motion, *verdict.by_answer):
            lines.append(f"| {part.name} | {part.clips} | {_text(part.skill)} |")
        lines += ["", *_list(verdict.notes), ""]
    return "\n".join(lines)


def as_html(verdicts: Sequence[Verdict], facts: dict[str, Any]) -> str:
    """The page."""
    return page(
        "audit.html",
        recipe=facts["recipe"],
        sections=[_shown(verdict) for verdict in verdicts],
        facts=facts,
    )


def _shown(verdict: Verdict) -> dict[str, Any]:
    rows = [
        (
            each.condition,
            _GROUPS[each.condition.meaning],
            _text(each.skill),
            "" if each.change is None else _text(each.change, "+"),
        )
        for each in verdict.skills
    ]
    return {
        "verdict": verdict,
        "findings": list(findings(verdict)),
        "rows": rows,
        "charts": scripted([_conditions(verdict)]),
        "parts": scripted(list(_parts(verdict))),
    }


def _conditions(verdict: Verdict) -> Chart:
    """Skill under every condition, in the colour of what it means."""
    groups = dict(zip(_GROUPS, COLOURS, strict=False))
    data = []
    for meaning, colour in groups.items():
        mine = [each for each in verdict.skills if each.condition.meaning == meaning]
        if mine:
            names = [each.condition.name for each in mine]
            found = [each.skill for each in mine]
            data.append(interval_bars(_GROUPS[meaning], names, found, colour))
    return Chart(
        title=f"{verdict.question.name}: skill under every condition",
        data=data,
        layout=_layout(len(verdict.skills)),
    )


def _parts(verdict: Verdict) -> Iterator[Chart]:
    named = {"by motion": verdict.by_motion, "by answer": verdict.by_answer}
    for title, parts in named.items():
        if not parts:
            continue
        yield Chart(
            title=f"{verdict.question.name}, real clips {title}",
            data=[_bars(parts)],
            layout=_layout(len(parts)) | {"showlegend": False},
        )


def _bars(parts: Sequence[Part]) -> dict[str, Any]:
    names = [f"{part.name} ({part.clips})" for part in parts]
    return interval_bars("skill", names, [part.skill for part in parts], COLOURS[0])


def _layout(bars: int) -> dict[str, Any]:
    return {
        "height": 120 + 26 * bars,
        "barmode": "overlay",
        "xaxis": {"range": _RANGE},
        "yaxis": {"autorange": "reversed"},
    }


def _list(sentences: Sequence[str] | Iterator[str]) -> list[str]:
    return [f"- {sentence}" for sentence in sentences]


def _text(estimate: Estimate, sign: str = "") -> str:
    low, high = number(estimate.low), number(estimate.high)
    return f"{estimate.value:{sign}.3f} [{low}, {high}]"
