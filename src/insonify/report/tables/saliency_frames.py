"""What predicted maps are worth, frame by frame.

Legend: N rows, P points, B negative points, H rows and W columns of a map.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats, Integers, cells, target_map
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.report.tables import saliency_metrics as metrics

_NEGATIVES: Final = 1000
"""Most points of other videos that a frame's shuffled AUC is against."""
_BLOCK: Final = 1024
"""Rows scored at a time, so that large files need no more memory than small ones."""


def frame_figures(predictions: SaliencyPredictions, seed: int) -> dict[str, Floats]:
    """Every figure of every row: name to (N,).

    ``ig`` is left out where no arm is called ``static``.

    Args:
        predictions: The maps.
        seed: Seed of the negatives of the shuffled AUC.
    """
    maps_NHW, shape = predictions.maps_NHW(), predictions.shape
    points, sigmas_N2 = predictions.points_of(), predictions.sigmas_N2()
    ends = np.cumsum([len(points_P2) for points_P2 in points])[:-1]
    fixated = np.split(cells(np.concatenate(points), shape), ends)
    others = _negatives(predictions, fixated, seed)
    base = _static_rows(predictions)
    parts = []
    for at in range(0, len(maps_NHW), _BLOCK):
        block = slice(at, at + _BLOCK)
        seen = zip(points[block], sigmas_N2[block], strict=True)
        truth_NHW = np.stack([target_map(p, s, shape) for p, s in seen])
        block_NHW = maps_NHW[block].astype(np.float64)
        parts.append(_figures(truth_NHW, block_NHW, fixated[block], others[block]))
        if base is not None:
            base_NHW = maps_NHW[base[block]].astype(np.float64)
            bits_NHW = metrics.bits(block_NHW, base_NHW)
            parts[-1]["ig"] = _each(metrics.mean_at, bits_NHW, fixated[block])
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _figures(
    truth_NHW: Floats,
    maps_NHW: Floats,
    fixated: Sequence[Integers],
    others: Sequence[Integers],
) -> dict[str, Floats]:
    """All figures of some rows but the information gain: name to (N,)."""
    standard_NHW = metrics.standardised(maps_NHW)
    return {
        "kl": metrics.kl(truth_NHW, maps_NHW),
        "nss": _each(metrics.mean_at, standard_NHW, fixated),
        "auc": _each(metrics.auc, maps_NHW, fixated),
        "auc_judd": _each(metrics.auc_judd, maps_NHW, fixated),
        "sauc": _each(metrics.shuffled_auc, maps_NHW, fixated, others),
        "cc": metrics.cc(truth_NHW, maps_NHW),
        "sim": metrics.sim(truth_NHW, maps_NHW),
    }


def _each(
    metric: Callable[..., float], maps_NHW: Floats, *more: Sequence[object]
) -> Floats:
    """A metric of single maps, row by row: (N,)."""
    return np.array([metric(*row) for row in zip(maps_NHW, *more, strict=True)])


def _negatives(
    predictions: SaliencyPredictions, fixated: list[Integers], seed: int
) -> list[Integers]:
    """For each row, cells fixated in other videos; the same for a video's rows."""
    videos = predictions.rows["video"].to_pylist()
    times = predictions.rows["time_s"].to_pylist()
    once: dict[tuple[str, float], Integers] = {}
    for place in zip(videos, times, fixated, strict=True):
        once.setdefault(place[:2], place[2])
    frames = sorted(once)
    all_B2 = np.concatenate([once[frame] for frame in frames])
    names, code_F = np.unique([video for video, _ in frames], return_inverse=True)
    code_B = np.repeat(code_F.reshape(-1), [len(once[frame]) for frame in frames])
    drawn = {}
    for number, video in enumerate(names.tolist()):
        generator = np.random.default_rng((seed, number))
        pool_B = np.flatnonzero(code_B != number)
        drawn[video] = all_B2[generator.permutation(pool_B)[:_NEGATIVES]]
    return [drawn[video] for video in videos]


def _static_rows(predictions: SaliencyPredictions) -> Integers | None:
    """The row of the static map that belongs to each row; None without such an arm."""
    rows = predictions.rows
    names = ("fold", "fraction", "video", "time_s")
    keys = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    arms = rows["arm"].to_pylist()
    static = {key: n for n, key in enumerate(keys) if arms[n] == STATIC}
    if not static:
        return None
    missing = sum(key not in static for key in keys)
    if missing:
        raise ReportError(
            f"{missing} rows have no static map; run `insonify transfer saliency` once "
            "for everything that is compared"
        )
    return np.array([static[key] for key in keys])
