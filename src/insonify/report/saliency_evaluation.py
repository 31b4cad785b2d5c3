"""What predicted maps are worth, frame by frame, and by subject.

A frame's figures are averaged over its video, videos over their subject, so that
neither a long video nor a much scanned subject counts for more.

Legend: N rows, V videos, S subjects, K seeds, P points, B negative points.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.core.errors import ReportError
from insonify.core.saliency import Floats, Integers, cells, target_map
from insonify.core.saliency_predictions import SaliencyPredictions
from insonify.report import saliency_metrics as metrics

STATIC: Final = "static"
"""The arm that shows every frame the mean map of the training subjects."""
FIGURES: Final = ("kl", "nss", "auc", "auc_judd", "sauc", "cc", "sim", "ig")
_NEGATIVES: Final = 1000
"""Most points of other videos that a frame's shuffled AUC is against."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One arm under one protocol and label fraction, scored by subject.

    Attributes:
        arm: Name of the arm.
        protocol: Name of the protocol.
        fraction: Share of the training subjects that were used.
        seeds: The K seeds.
        subjects: Pseudonyms of the S tested subjects, sorted.
        frames: Tested frames.
        figures: Name to (K, S); nan where a subject has no frame that defines it.
        undefined: Frames and seeds for which some figure is undefined.
    """

    arm: str
    protocol: str
    fraction: float
    seeds: tuple[int, ...]
    subjects: tuple[str, ...]
    frames: int
    figures: dict[str, Floats]
    undefined: int

    @property
    def key(self) -> tuple[str, str, float]:
        return self.arm, self.protocol, self.fraction


def frame_figures(predictions: SaliencyPredictions, seed: int) -> dict[str, Floats]:
    """Every figure of every row: name to (N,).

    ``ig`` is left out where no arm is called ``static``.

    Args:
        predictions: The maps.
        seed: Seed of the negatives of the shuffled AUC.
    """
    shape = predictions.shape
    maps_NHW = predictions.maps_NHW().astype(np.float64)
    points, sigmas_N2 = predictions.points_of(), predictions.sigmas_N2()
    truth_NHW = np.stack(
        [target_map(p, s, shape) for p, s in zip(points, sigmas_N2, strict=True)]
    )
    fixated = [cells(points_P2, shape) for points_P2 in points]
    others = _negatives(predictions, fixated, seed)
    base = _static_rows(predictions)
    found = {
        "kl": metrics.kl(truth_NHW, maps_NHW),
        "nss": _each(metrics.nss, maps_NHW, fixated),
        "auc": _each(metrics.auc, maps_NHW, fixated),
        "auc_judd": _each(metrics.auc_judd, maps_NHW, fixated),
        "sauc": _each(metrics.shuffled_auc, maps_NHW, fixated, others),
        "cc": metrics.cc(truth_NHW, maps_NHW),
        "sim": metrics.sim(truth_NHW, maps_NHW),
    }
    if base is not None:
        gain = metrics.information_gain
        found["ig"] = _each(gain, maps_NHW, list(maps_NHW[base]), fixated)
    return found


def score(predictions: SaliencyPredictions, seed: int) -> list[Scored]:
    """Score every arm, protocol and label fraction, sorted in this order.

    Raises:
        ReportError: the seeds of an arm did not predict the same frames once each.
    """
    figures, rows = frame_figures(predictions, seed), predictions.rows
    names = ("arm", "protocol", "fraction")
    keys = list(zip(*(rows[name].to_pylist() for name in names), strict=True))
    coded = {key: place for place, key in enumerate(sorted(set(keys)))}
    group_N = np.array([coded[key] for key in keys])
    table = _Table.of(predictions)
    return [
        _scored(key, table, figures, np.flatnonzero(group_N == place))
        for key, place in coded.items()
    ]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The columns that say which prediction a row is."""

    subject_N: npt.NDArray[np.str_]
    video_N: npt.NDArray[np.str_]
    time_s_N: Floats
    seed_N: Integers

    @classmethod
    def of(cls, predictions: SaliencyPredictions) -> "_Table":
        rows = predictions.rows
        return cls(
            subject_N=np.array(rows["subject"].to_pylist()),
            video_N=np.array(rows["video"].to_pylist()),
            time_s_N=rows["time_s"].to_numpy(),
            seed_N=rows["seed"].to_numpy(),
        )


def _scored(
    key: tuple[str, str, float], table: _Table, figures: dict[str, Floats], at: Integers
) -> Scored:
    subjects, seeds = np.unique(table.subject_N[at]), np.unique(table.seed_N[at])
    _require_same_frames(key, table, at, seeds)
    by_seed = [at[table.seed_N[at] == seed] for seed in seeds]
    arm, protocol, fraction = key
    return Scored(
        arm=arm,
        protocol=protocol,
        fraction=fraction,
        seeds=tuple(int(seed) for seed in seeds),
        subjects=tuple(subjects.tolist()),
        frames=len(by_seed[0]),
        figures={
            name: np.stack(
                [_by_subject(value_N, table, rows, subjects) for rows in by_seed]
            )
            for name, value_N in figures.items()
        },
        undefined=int(np.isnan([value_N[at] for value_N in figures.values()]).sum()),
    )


def _by_subject(
    value_N: Floats, table: _Table, rows: Integers, subjects: npt.NDArray[np.str_]
) -> Floats:
    """Means over frames of a video, then over videos of a subject: (S,)."""
    videos, video_M = np.unique(table.video_N[rows], return_inverse=True)
    value_V = _means(value_N[rows], video_M.reshape(-1), len(videos))
    first_V = np.array([rows[np.argmax(video_M == v)] for v in range(len(videos))])
    subject_V = np.searchsorted(subjects, table.subject_N[first_V])
    return _means(value_V, subject_V, len(subjects))


def _means(values: Floats, groups: Integers, count: int) -> Floats:
    """Mean of the defined values of each group; nan where there is none."""
    defined = np.isfinite(values)
    sums = np.bincount(groups[defined], values[defined], minlength=count)
    number = np.bincount(groups[defined], minlength=count)
    return np.where(number > 0, sums / np.maximum(number, 1), np.nan)


def _require_same_frames(
    key: tuple[str, str, float], table: _Table, at: Integers, seeds: Integers
) -> None:
    frames = [
        sorted(zip(table.video_N[rows].tolist(), table.time_s_N[rows], strict=True))
        for rows in (at[table.seed_N[at] == seed] for seed in seeds)
    ]
    if any(each != frames[0] or len(set(each)) < len(each) for each in frames):
        raise ReportError(
            f"arm {key[0]!r}, protocol {key[1]!r}: its seeds did not predict each "
            "frame exactly once; run `insonify transfer` with all seeds together"
        )


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
    of_video: dict[str, list[Integers]] = {}
    for (video, _), cells_P2 in sorted(once.items(), key=lambda item: item[0]):
        of_video.setdefault(video, []).append(cells_P2)
    drawn = {}
    for number, video in enumerate(of_video):
        generator = np.random.default_rng((seed, number))
        rest = [c for other, each in of_video.items() if other != video for c in each]
        pool_B2 = np.concatenate([*rest, np.empty((0, 2), np.int64)])
        drawn[video] = generator.permutation(pool_B2)[:_NEGATIVES]
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
