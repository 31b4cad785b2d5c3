"""Answers of rows as tables; a row without an answer keeps its reason.

Legend: R resamples of subjects, K seeds.
"""

import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from peers_arms import OURS, VIEWS
from peers_quality import PROTOCOLS, figures, resampled

Found = Mapping[str, Sequence[Mapping[str, Any]]]
"""The answers of every row, by name: one for each round or seed."""
About = Callable[[str], dict[str, object]]
"""Of a row: what it is and which versions."""


def loading_table(found: Found, ours: Collection[str], about: About) -> list[Any]:
    """Random clips a second, and frames that are not those asked for."""
    return [
        about(who)
        | _speed(found, who, ours, "clips")
        | {"wrong frames": _mean(found[who], "wrong")}
        | _reason(found[who])
        for who in found
    ]


def throughput_table(found: Found, about: About) -> list[Any]:
    """Images of full size that the encoder sees a second, loading included."""
    ours = [who for who in found if who.startswith(OURS)]
    return [
        about(who) | _speed(found, who, ours, "images") | _reason(found[who])
        for who in found
    ]


def quality_table(found: Found, labelled: Path, about: About) -> list[Any]:
    """Probes of frozen features, and ours less each on the same subjects."""
    ours = _probes(found[OURS], labelled)
    return [
        about(who)
        | {"minutes": _mean(found[who], "wall", 60)}
        | {"images": _mean(found[who], "steps", 1 / VIEWS)}
        | figures(_probes(found[who], labelled), {} if who == OURS else ours)
        | _reason(found[who])
        for who in found
    ]


def steps_a_minute(answers: Sequence[Mapping[str, Any]]) -> float:
    """Median over rounds; 0 where none was measured."""
    rates = [60 * row["steps"] / row["wall"] for row in _right(answers)]
    return statistics.median(rates) if rates else 0.0


def _speed(
    found: Found, who: str, ours: Collection[str], what: str
) -> dict[str, object]:
    """Median over rounds of a row's rate, and of its ratio to the best peer's."""
    own = _rates(found[who], what)
    peers = [_rates(rows, what) for name, rows in found.items() if name not in ours]
    best = max((rates for rates in peers if rates), key=statistics.median, default=[])
    cost = [1000 * row["cores"] / _count(row, what) for row in _right(found[who])]
    ratios = [mine / theirs for mine, theirs in zip(own, best, strict=False)]
    return {
        f"{what}/s": _middle(own),
        "least": min(own, default=""),
        "most": max(own, default=""),
        f"core ms a {what[:-1]}": _middle(cost),
        "times the best peer": _middle(ratios),
    }


def _probes(answers: Sequence[Mapping[str, Any]], labelled: Path) -> dict[str, Any]:
    """Macro F1 of every resample and seed, (R, K), by protocol."""
    kept = [row["confusion"] for row in _right(answers)]
    return {
        name: resampled([confusion[name] for confusion in kept], labelled)
        for name in PROTOCOLS
        if kept
    }


def _reason(answers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    reasons = [row["reason"] for row in answers if "reason" in row]
    return {"reason": reasons[0] if reasons else ""}


def _rates(answers: Sequence[Mapping[str, Any]], what: str) -> list[float]:
    return [_count(row, what) / row["wall"] for row in _right(answers)]


def _count(answer: Mapping[str, Any], what: str) -> float:
    """How many clips or images; a step holds ``VIEWS`` images."""
    return float(answer["clips"] if what == "clips" else VIEWS * answer["steps"])


def _right(answers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in answers if "reason" not in row]


def _mean(
    answers: Sequence[Mapping[str, Any]], what: str, unit: float = 1
) -> float | str:
    known = [row[what] / unit for row in _right(answers) if what in row]
    return statistics.mean(known) if known else ""


def _middle(values: Sequence[float]) -> float | str:
    return statistics.median(values) if values else ""
