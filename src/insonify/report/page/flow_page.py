"""What a page shows of the way from files to clips."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from insonify.report.page.charts import COLOURS, Chart
from insonify.report.page.data_flow import DataFlow
from insonify.report.page.page import percent, scripted
from insonify.report.page.role_counts import RoleCounts

_BAR_PX: Final = 34
_AROUND_PX: Final = 100
_REASONS: Final = 12
"""Reasons that are named; the rest is counted together."""


def flow_shown(flow: DataFlow) -> dict[str, Any]:
    """What the template ``flow.html`` is given of a store."""
    return {
        "flow": flow,
        "steps": list(_steps(flow)),
        "charts": scripted(list(_charts(flow))),
        "reasons": _few(flow.reasons),
        "tasks": [each.task for each in flow.tasks],
    }


def flow_said(flow: DataFlow) -> str:
    """One sentence on it."""
    refused = sum(flow.reasons.values())
    return (
        f"{flow.files} files, {refused} refused; {flow.videos} videos of "
        f"{flow.subjects} subjects, {_share(flow.kept, flow.read)} of "
        f"{flow.read:,} frames kept."
    )


def _steps(flow: DataFlow) -> Iterator[tuple[str, str, str]]:
    """Name, count, and what was lost on the way there or what it consists of."""
    refused = sum(flow.reasons.values())
    yield "files", f"{flow.files:,}", f"{refused:,} refused" if refused else ""
    yield (
        "videos",
        f"{flow.videos:,}",
        f"of {flow.subjects} subjects, {flow.exams} exams; {flow.hours:.1f} hours",
    )
    yield "frames read", f"{flow.read:,}", ""
    dropped = sum(flow.dropped.values())
    share = f"{_share(flow.kept, flow.read)}; {dropped:,} dropped by triage"
    yield "frames kept", f"{flow.kept:,}", share
    for each in flow.tasks:
        classes = f"{len(each.classes)} classes, {each.subjects} subjects"
        yield f"frames labelled, {each.task}", f"{each.frames:,}", classes
    if flow.gaze_videos:
        yield "videos with gaze", f"{flow.gaze_videos:,}", ""
    for kind, count in zip(flow.clip_kinds, flow.clips, strict=True):
        yield "clips to learn from", f"{count:,}", kind


def _charts(flow: DataFlow) -> Iterator[Chart]:
    refused = sum(flow.reasons.values())
    taken = {"taken": flow.files - refused, "refused": refused}
    yield _stacked("What became of the files", {"files": taken})
    yield _stacked(
        "What became of the frames", {"frames": {"kept": flow.kept, **flow.dropped}}
    )
    for split in dict.fromkeys(each.split for each in flow.roles):
        mine = [each for each in flow.roles if each.split == split]
        yield _stacked(f"Subjects by role, split {split}", _by_fold(mine))


def _by_fold(roles: Sequence[RoleCounts]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in roles:
        found.setdefault(f"fold {each.fold}", {})[each.role] = each.subjects
    return found


def _stacked(title: str, bars: dict[str, dict[str, int]]) -> Chart:
    """Lying bars whose parts follow each other; counts stand in them."""
    parts = dict.fromkeys(part for bar in bars.values() for part in bar)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "y": list(bars),
            "x": [bar.get(part, 0) for bar in bars.values()],
            "text": [f"{bar.get(part, 0):,}" for bar in bars.values()],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "marker": {
                "color": COLOURS[place % len(COLOURS)],
                "line": {"width": 1, "color": "#fff"},
            },
        }
        for place, part in enumerate(parts)
        if any(bar.get(part) for bar in bars.values())
    ]
    layout = {
        "height": _AROUND_PX + _BAR_PX * len(bars),
        "barmode": "stack",
        "legend": {"traceorder": "normal"},
        "yaxis": {"autorange": "reversed"},
        "uniformtext": {"minsize": 10, "mode": "hide"},
    }
    return Chart(title=title, data=data, layout=layout)


def _few(reasons: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent reasons, and how many files had others."""
    named = list(reasons.items())
    rest = sum(count for _, count in named[_REASONS:])
    return named[:_REASONS] + ([("other reasons", rest)] if rest else [])


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "none"
