"""Frames whose saliency maps are worth a look: the best, the median and the worst.

Legend: N rows.
"""

from dataclasses import dataclass

import numpy as np

from insonify.core.saliency import target_map
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report.charts import Chart, map_chart
from insonify.report.saliency_evaluation import frame_figures


@dataclass(frozen=True, kw_only=True)
class Example:
    """One frame: the truth and every arm's map of it."""

    title: str
    charts: tuple[Chart, ...]


def saliency_examples(
    predictions: SaliencyPredictions, seed: int
) -> tuple[Example, ...]:
    """Best, median and worst frame by KL of the first arm that has a baseline."""
    rows = predictions.rows
    names = ("arm", "protocol", "seed", "fraction", "video", "time_s")
    keys = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    learnt = sorted(
        {key[:4] for key in keys if predictions.arms[key[0]].get("baseline")}
    )
    if not learnt:
        return ()
    mine_N = np.array([n for n, key in enumerate(keys) if key[:4] == learnt[0]])
    kl_N = frame_figures(predictions, seed)["kl"]
    order = mine_N[np.argsort(kl_N[mine_N], kind="stable")]
    arm, protocol = learnt[0][:2]
    picked = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    return tuple(
        Example(
            title=f"{word} frame of {arm}, {protocol} (KL {kl_N[row]:.2f})",
            charts=tuple(_charts(predictions, keys, kl_N, int(row))),
        )
        for word, row in picked.items()
    )


def _charts(
    predictions: SaliencyPredictions,
    keys: list[tuple[object, ...]],
    kl_N: np.ndarray,
    row: int,
) -> list[Chart]:
    """The truth, then what each arm and protocol made of the frame, first seed."""
    points_P2 = predictions.points_of()[row]
    truth = target_map(points_P2, predictions.sigmas_N2()[row], predictions.shape)
    charts = [map_chart("where one looked", truth, points_P2)]
    maps_NHW = predictions.maps_NHW()
    shown: dict[tuple[object, ...], int] = {}
    for number, key in enumerate(keys):
        if key[4:] == keys[row][4:]:
            shown.setdefault(key[:2], number)
    for (arm, protocol), number in sorted(shown.items(), key=str):
        title = f"{arm}, {protocol} (KL {kl_N[number]:.2f})"
        charts.append(map_chart(title, maps_NHW[number], points_P2))
    return charts
