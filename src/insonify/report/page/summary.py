"""What a table says, in plain words."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.statistics import FEW_SUBJECTS
from insonify.report.tables.wording import (
    FIGURES,
    GAINS,
    LOWER_IS_BETTER,
    REFERENCES,
    number,
    share,
)

SUPERVISED: Final = "supervised"
"""What the name of an arm that learns from labels alone begins with."""
_MEANS = {
    "macro_f1": "Macro F1 is 1 when every frame is put into the right class; rare "
    "classes count as much as frequent ones.",
    "kl": "KL is 0 when a map is exactly where one looked; less is better.",
    "nss": "NSS is 0 for a map that knows nothing of where one looked; more is better.",
}
_PROTOCOLS = {
    "finetune": "all weights learn from the labels",
    "linear": "only a linear readout learns",
    "knn": "nothing learns: the most alike frames decide",
    "prototype": "nothing learns: the nearest mean of a class decides",
    "frozen": "only the head that draws the map learns",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether an arm is better than untrained weights, beyond the interval."""

    arm: str
    protocol: str
    labels: str
    figure: str
    """Head of the figure."""
    gain: str
    interval: str
    word: str
    """better, worse or not told apart."""


def verdicts(table: Table) -> list[Verdict]:
    """All gains and what they mean."""
    return [
        _verdict(row, name)
        for row in table.rows
        for name in GAINS
        if name in row.gains and math.isfinite(row.gains[name].value)
    ]


def compared(table: Table, arms: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Sentences on what was compared, on whom and how."""
    there = dict.fromkeys(row.arm for row in table.rows if row.arm in arms)
    pretrained = [arm for arm in there if _pretrained(arm, arms[arm])]
    bases = dict.fromkeys(str(arms[arm]["baseline"]) for arm in pretrained)
    if pretrained:
        yield (
            f"{_list(pretrained)}: pretrained, before seeing any label of this task. "
            f"{_list(bases)}: the same network without pretraining."
        )
    for arm in there:
        if arm.startswith(SUPERVISED):
            yield f"{arm}: no pretraining either, but it learnt from the labels longer."
    widest = max(table.rows, key=lambda row: (row.subjects, row.frames))
    yield (
        f"Tested on {widest.frames} frames of {widest.subjects} subjects; no subject "
        "was tested by a network that had learnt from that subject."
    )
    protocols = dict.fromkeys(row.protocol.split(", ")[0] for row in table.rows)
    if known := [f"{p} ({_PROTOCOLS[p]})" for p in protocols if p in _PROTOCOLS]:
        yield f"Ways to learn the task: {_list(known)}."


def answers(table: Table, arms: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """For each pretrained arm and gain, in the primary protocol: word and sentences."""
    known = verdicts(table)
    for row in primary_rows(table):
        if not _pretrained(row.arm, arms.get(row.arm, {})):
            continue
        for name in GAINS:
            if name not in row.gains or not math.isfinite(row.gains[name].value):
                continue
            mine = _verdict(row, name)
            others = [
                each.word
                for each in known
                if (each.arm, each.figure) == (mine.arm, mine.figure) and each != mine
            ]
            yield mine.word, _sentence(mine, row, name) + _elsewhere(others)


def readings(table: Table) -> Iterator[str]:
    """What the figures mean, and what is had without looking at an image.

    Where rows learnt from several shares of the labels, those of the largest are told.
    """
    table = _of_most_labels(table)
    present = {name for row in table.rows for name in row.figures}
    for name, meaning in _MEANS.items():
        if name in present:
            marks = [
                f"{row.arm}: {number(row.figures[name].value)}"
                for row in table.rows
                if row.protocol in REFERENCES and name in row.figures
            ]
            without = f" Without looking at the image, {_list(marks)}." if marks else ""
            yield meaning + without + _unbeaten(table, name)
    subjects = max(row.subjects for row in table.rows)
    if subjects < FEW_SUBJECTS:
        yield (
            f"With {subjects} subjects this is a first impression, not evidence: fewer "
            f"than {FEW_SUBJECTS} make intervals look more certain than they are."
        )


def _of_most_labels(table: Table) -> Table:
    """The rows of the primary share of the labels, and those that learn from none."""
    shares = {None, *(row.fraction for row in primary_rows(table))}
    return replace(table, rows=tuple(r for r in table.rows if r.fraction in shares))


def _unbeaten(table: Table, name: str) -> str:
    """Which arms of the primary protocol do no better than looking at no image."""
    sign = -1 if name in LOWER_IS_BETTER else 1
    blind = [
        sign * row.figures[name].value
        for row in table.rows
        if row.protocol in REFERENCES and name in row.figures
    ]
    poor = dict.fromkeys(
        row.arm
        for row in primary_rows(table)
        if blind and name in row.figures
        if sign * row.figures[name].value <= max(blind)
    )
    return f" No better than that: {_list(poor)}." if poor else ""


def _verdict(row: Row, name: str) -> Verdict:
    gain = row.gains[name]
    up, down = gain.low > 0, gain.high < 0
    better, worse = (down, up) if name in LOWER_IS_BETTER else (up, down)
    return Verdict(
        arm=row.arm,
        protocol=row.protocol,
        labels=share(row.fraction),
        figure=FIGURES[name],
        gain=f"{gain.value:+.3f}",
        interval=f"{gain.low:+.3f} to {gain.high:+.3f}",
        word="better" if better else "worse" if worse else "not told apart",
    )


def _sentence(verdict: Verdict, row: Row, name: str) -> str:
    heads = {
        "better": "did better than the same network without pretraining",
        "worse": "did worse than the same network without pretraining",
        "not told apart": "cannot be told from the same network without pretraining",
    }
    figure = verdict.figure.removesuffix(" ↓")
    less = " (less is better)" if name in LOWER_IS_BETTER else ""
    return (
        f"{row.arm} {heads[verdict.word]}: {figure}{less} is "
        f"{number(row.figures[name].value)}, a change of {verdict.gain} (95 % interval "
        f"{verdict.interval}), {row.protocol}."
    )


def _elsewhere(words: Sequence[str]) -> str:
    """How often which word was found in the other protocols and shares of labels."""
    if not words:
        return ""
    better, worse = words.count("better"), words.count("worse")
    found = f"better in {better}, worse in {worse}"
    settings = f"{len(words)} other setting{'s' if len(words) > 1 else ''}"
    return f" In {settings} (protocol, share of labels): {found}."


def _pretrained(arm: str, card: dict[str, Any]) -> bool:
    return bool(card.get("baseline")) and not arm.startswith(SUPERVISED)


def _list(words: Any) -> str:
    """Words as ``a, b and c``."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else str(last)
