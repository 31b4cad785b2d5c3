"""Gaze: where on the stored frame somebody looked, and when.

Legend: G samples of gaze, N frames, P samples of one frame, 2 right and down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from insonify.core.errors import ConfigError
from insonify.store.frames import FrameIndex, Integers
from insonify.store.rows import GAZE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class VideoGaze:
    """What was looked at in one video; checked here, trusted above."""

    times_s_G: Floats
    """Seconds since the first frame of the source, not decreasing."""
    points_G2: Floats
    """Pixels of the stored frame, all of them on it; pixel j covers [j, j + 1)."""
    sigma_G2: Floats
    """Pixels of the stored frame that one degree of visual angle spans."""

    def __post_init__(self) -> None:
        shape = (len(self.times_s_G), 2)
        if self.points_G2.shape != shape or self.sigma_G2.shape != shape:
            raise ValueError("points_G2 and sigma_G2 must have a row for each time")
        if not len(self.times_s_G) or np.any(np.diff(self.times_s_G) < 0):
            raise ValueError("times_s_G must not be empty and must not decrease")
        if not (np.all(np.isfinite(self.points_G2)) and np.all(self.points_G2 >= 0)):
            raise ValueError("points_G2 must lie on the frame")
        if not (np.all(np.isfinite(self.sigma_G2)) and np.all(self.sigma_G2 > 0)):
            raise ValueError("sigma_G2 must be positive")


@dataclass(frozen=True, kw_only=True)
class FrameGaze:
    """The frames during which somebody looked at them."""

    positions: Integers
    """Positions in the frame index, increasing."""
    points: tuple[Floats, ...]
    """The points (P, 2) of each frame: right and down, in pixels of the stored frame;
    pixel j covers [j, j + 1)."""
    sigma_N2: Floats
    """Pixels of the stored frame that one degree of visual angle spans, right and
    down; the mean over a frame's samples."""


def gaze_table(gaze: Mapping[str, VideoGaze], write: int) -> pa.Table:
    """The rows of one write of the table of gaze, sorted by video and time."""
    parts = [
        pa.table(
            [
                pa.array([video] * len(one.times_s_G), pa.string()),
                pa.array(one.times_s_G),
                *(pa.array(one.points_G2[:, k].astype(np.float32)) for k in (0, 1)),
                *(pa.array(one.sigma_G2[:, k].astype(np.float32)) for k in (0, 1)),
                pa.array([write] * len(one.times_s_G), pa.int64()),
            ],
            schema=GAZE,
        )
        for video, one in sorted(gaze.items())
    ]
    return pa.concat_tables([GAZE.empty_table(), *parts])


def frames_with_gaze(index: FrameIndex, rows: pa.Table, window_s: float) -> FrameGaze:
    """Find the samples of each frame: those at most half of ``window_s`` away.

    A sample counts for every frame in whose window it is; samples of videos that the
    index does not have are left out.

    Raises:
        ConfigError: the window is not positive.
    """
    if not window_s > 0:
        raise ConfigError(f"the window must be longer than 0 s, found {window_s}")
    samples = _by_video(rows)
    starts_V = np.append(index.starts_V(), len(index))
    found: list[tuple[int, Floats, Floats]] = []
    for video, name in enumerate(index.video_ids):
        if name in samples:
            first, last = int(starts_V[video]), int(starts_V[video + 1])
            times_T = index.time_s_N[first:last]
            seen = _seen(times_T, samples[name], window_s / 2)
            found += [(first + place, *gaze) for place, gaze in seen]
    return FrameGaze(
        positions=np.array([place for place, _, _ in found], np.int64),
        points=tuple(points_P2 for _, points_P2, _ in found),
        sigma_N2=np.array([sigma for _, _, sigma in found]).reshape(-1, 2),
    )


def _seen(
    times_T: Floats, samples: tuple[Floats, Floats, Floats], reach_s: float
) -> Iterator[tuple[int, tuple[Floats, Floats]]]:
    """Frames of one video with their points and the mean of their sigmas."""
    times_G, points_G2, sigma_G2 = samples
    first_T = np.searchsorted(times_G, times_T - reach_s, "left")
    end_T = np.searchsorted(times_G, times_T + reach_s, "right")
    for frame in np.flatnonzero(end_T > first_T):
        part = slice(first_T[frame], end_T[frame])
        yield int(frame), (points_G2[part], sigma_G2[part].mean(0))


def _by_video(rows: pa.Table) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Times, points and sigmas of each video, sorted by time."""
    names = rows["video"].combine_chunks().dictionary_encode()
    number_G = names.indices.to_numpy(zero_copy_only=False)
    times_G = rows["time_s"].to_numpy()
    order = np.lexsort((times_G, number_G))
    points_G2 = _pairs(rows, "right", "down")[order]
    sigma_G2 = _pairs(rows, "sigma_right", "sigma_down")[order]
    bounds = np.searchsorted(number_G[order], np.arange(len(names.dictionary) + 1))
    return {
        name: (times_G[order[a:b]], points_G2[a:b], sigma_G2[a:b])
        for name, a, b in zip(
            names.dictionary.to_pylist(), bounds[:-1], bounds[1:], strict=True
        )
    }


def _pairs(rows: pa.Table, *columns: str) -> Floats:
    values = [rows[name].to_numpy().astype(np.float64) for name in columns]
    return np.stack(values, axis=1)
