"""What predicted maps are worth, frame by frame, and by subject.

A frame's figures are averaged over its video, videos over their subject, so that
neither a long video nor a much scanned subject counts for more.

Legend: N rows, V videos, S subjects, K seeds, P points, B negative points.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
_BLOCK: Final = 1024
"""Rows scored at a time, so that large files need no more memory than small ones."""


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
        tested: Subject, video and time in seconds of each of them, sorted.
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
    tested: tuple[tuple[str, str, float], ...] = ()

    @property
    def key(self) -> tuple[str, str, float]:
        return self.arm, self.protocol, self.fraction

    def of_subjects(self, kept: tuple[str, ...]) -> "Scored":
        """The same for some of its subjects, in their order; ``undefined`` stays."""
        at = [self.subjects.index(subject) for subject in kept]
        tested = tuple(frame for frame in self.tested if frame[0] in set(kept))
        return replace(
            self,
            subjects=kept,
            frames=len(tested),
            figures={name: value_KS[:, at] for name, value_KS in self.figures.items()},
            tested=tested,
        )


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
    by_seed = [at[table.seed_N[at] == seed] for seed in seeds]
    tested = _same_frames(key, table, by_seed)
    arm, protocol, fraction = key
    return Scored(
        arm=arm,
        protocol=protocol,
        fraction=fraction,
        seeds=tuple(int(seed) for seed in seeds),
        subjects=tuple(subjects.tolist()),
        frames=len(tested),
        tested=tested,
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


def _same_frames(
    key: tuple[str, str, float], table: _Table, by_seed: Sequence[Integers]
) -> tuple[tuple[str, str, float], ...]:
    """Subject, video and time of the frames that every seed predicted once."""
    columns = table.subject_N, table.video_N, table.time_s_N
    frames = [
        sorted(zip(*(column[rows].tolist() for column in columns), strict=True))
        for rows in by_seed
    ]
    if any(each != frames[0] or len(set(each)) < len(each) for each in frames):
        raise ReportError(
            f"arm {key[0]!r}, protocol {key[1]!r}: its seeds did not predict each "
            "frame exactly once; run `insonify transfer` with all seeds together"
        )
    return tuple(frames[0])


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
