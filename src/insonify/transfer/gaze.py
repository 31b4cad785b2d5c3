"""Frames that somebody looked at, and where on a view of them.

Legend: N frames, B batch, P points, 2 right and down, h rows and w columns of a map.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from insonify.clips.loader import largest_window
from insonify.core.errors import ConfigError
from insonify.core.saliency import target_map
from insonify.pretext.task import source_size
from insonify.store import Split, Store
from insonify.store.frames import FrameIndex
from insonify.transfer.crops import Crop, Points, centre_crop
from insonify.transfer.examples import Integers
from insonify.transfer.frames import spread


@dataclass(frozen=True, kw_only=True)
class GazedFrames:
    """The frames with at least one point on their central view."""

    positions_N: Integers
    """Positions in ``store.frames()``."""
    subjects_N: npt.NDArray[np.str_]
    videos_N: npt.NDArray[np.str_]
    times_s_N: npt.NDArray[np.float64]
    points: tuple[Points, ...]
    """Points of each frame in pixels of the larger frame that views are cut out of."""
    sigma_N2: npt.NDArray[np.float64]
    """One degree of visual angle, as a share of the view."""
    source: tuple[int, int]
    """Rows and columns of the larger frames."""
    size: tuple[int, int]
    """Rows and columns of the views."""

    def of(self, subjects: AbstractSet[str]) -> "GazedFrames":
        """The frames of the given subjects."""
        kept = np.flatnonzero(np.isin(self.subjects_N, sorted(subjects)))
        return replace(
            self,
            positions_N=self.positions_N[kept],
            subjects_N=self.subjects_N[kept],
            videos_N=self.videos_N[kept],
            times_s_N=self.times_s_N[kept],
            points=tuple(self.points[place] for place in kept.tolist()),
            sigma_N2=self.sigma_N2[kept],
        )

    def central_points(self, place: int) -> Points:
        """Points of a frame as shares of its central view: (P, 2), at least one."""
        return centre_crop(1, self.source, self.size).points(0, self.points[place])

    def keep_points(self, places_B: Integers, crop: Crop) -> Crop:
        """Take the central view in place of one that would lose all points."""
        lost = [
            not len(crop.points(number, self.points[place]))
            for number, place in enumerate(places_B.tolist())
        ]
        return crop.centred_where(torch.tensor(lost), self.source)

    def targets(
        self, places_B: Integers, crop: Crop, shape_hw: tuple[int, int]
    ) -> Tensor:
        """Saliency maps of views: float32 (B, h, w), each of sum 1."""
        maps = [
            target_map(
                crop.points(number, self.points[place]), self.sigma_N2[place], shape_hw
            )
            for number, place in enumerate(places_B.tolist())
        ]
        return torch.from_numpy(np.stack(maps).astype(np.float32))

    def central_targets(self, shape_hw: tuple[int, int]) -> Tensor:
        """Saliency maps of all central views: float32 (N, h, w)."""
        places_N = np.arange(len(self.points))
        crop = centre_crop(len(places_N), self.source, self.size)
        return self.targets(places_N, crop, shape_hw)


def gazed_frames(
    store: Store,
    *,
    window_s: float,
    per_video: int,
    size: tuple[int, int],
    margin: float,
) -> GazedFrames:
    """Find frames that were looked at, at most ``per_video`` of a video; 0: all.

    Points off the central view are dropped, not clipped, and frames left without one
    are left out.

    Raises:
        ConfigError: the window is not positive.
        StoreError: there is no gaze in the store.
    """
    index, found = store.frames(), store.frame_gaze(window_s)
    source = source_size(size, margin)
    crop = centre_crop(1, source, size)
    windows = [_onto_source(index, place, source) for place in found.positions.tolist()]
    moved = [
        (points_P2 - corner_2) * scale_2
        for points_P2, (corner_2, scale_2) in zip(found.points, windows, strict=True)
    ]
    on_view = [len(crop.points(0, points_P2)) > 0 for points_P2 in moved]
    kept = np.flatnonzero(np.array(on_view, bool))
    kept = kept[spread(index.video_N[found.positions[kept]], per_video)]
    positions_N = found.positions[kept]
    video_N = index.video_N[positions_N]
    scale_N2 = np.array([windows[place][1] for place in kept.tolist()]).reshape(-1, 2)
    return GazedFrames(
        positions_N=positions_N,
        subjects_N=np.array(index.subjects)[video_N],
        videos_N=np.array(index.video_ids)[video_N],
        times_s_N=index.time_s_N[positions_N],
        points=tuple(moved[place] for place in kept.tolist()),
        sigma_N2=found.sigma_N2[kept] * scale_N2 / (size[1], size[0]),
        source=source,
        size=size,
    )


def require_gaze(gaze: GazedFrames, split: Split, fold: int) -> None:
    """Refuse a fold in which nobody trains or nobody is tested.

    Raises:
        ConfigError: no training or no test subject has gaze on a view.
    """
    roles = split.roles(fold)
    for role, subjects in (("train", roles.train), ("test", roles.test)):
        if not np.isin(gaze.subjects_N, sorted(subjects)).any():
            raise ConfigError(
                f"split {split.name!r}, fold {fold}: no {role} subject has gaze on a "
                "view; add gaze with `insonify gaze`, or make another split"
            )


def _onto_source(
    index: FrameIndex, position: int, source: tuple[int, int]
) -> tuple[Points, Points]:
    """Corner, in pixels of a stored frame, and scale of the frame it becomes."""
    window = largest_window(index.rectangles[index.video_N[position]], source)
    across, along = window.right - window.left, window.bottom - window.top
    corner_2 = np.array([window.left, window.top])
    return corner_2, np.array([source[1] / across, source[0] / along])
