"""The first sentence of a section: the best arm, its baseline, and what is blind."""

from typing import Any

from insonify.report.page.headline import headline
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.statistics import Estimate


def flat(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, spread=0.0)


def row(
    arm: str, value: float, gain: float | None = None, protocol: str = "linear"
) -> Row:
    blind = protocol == "chance"
    return Row(
        arm=arm,
        protocol=protocol,
        fraction=None if blind else 1.0,
        seeds=1,
        subjects=30,
        frames=90,
        figures={"kl": flat(value)},
        gains={} if gain is None else {"kl": flat(gain)},
    )


ARMS: dict[str, dict[str, Any]] = {
    "good": {"baseline": "random"},
    "bad": {"baseline": "random"},
    "random": {"baseline": None},
}


def test_the_best_is_the_least_where_less_is_better() -> None:
    rows = (
        row("good", 1.0, -0.5),
        row("bad", 2.0, 0.5),
        row("random", 1.5),
        row("even", 3.0, protocol="chance"),
    )
    found = headline(Table(task="gaze", classes=(), rows=rows, notes=()), ARMS)
    assert found.word == "mixed"
    assert found.sentence == (
        "Best is good (linear) with KL (less is better) 1.000 [0.900, 1.100] on 30 "
        "subjects; untrained weights 1.500; without looking at the image 3.000 (even). "
        "In 1 of 2 comparisons pretraining did better than untrained weights beyond "
        "the interval, in 1 worse."
    )


def test_all_alike_is_one_word() -> None:
    rows = (row("good", 1.0, -0.5), row("bad", 1.1, -0.4), row("random", 1.5))
    table = Table(task="gaze", classes=(), rows=rows, notes=())
    assert headline(table, ARMS).word == "better"


def test_nothing_compared_is_no_word() -> None:
    table = Table(task="gaze", classes=(), rows=(row("random", 1.5),), notes=())
    assert headline(table, ARMS).word == ""
