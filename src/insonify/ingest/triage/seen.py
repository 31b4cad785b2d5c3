"""What is measured of every frame of a video, and which frames are dropped for it.

Legend: T frames, H rows, W columns, X by Y blocks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Places, Small, Times, reduce
from insonify.ingest.triage.contact import Ratios, coloured, depth_ratios, lifted
from insonify.ingest.triage.options import TriageOptions
from insonify.ingest.triage.replay import replayed
from insonify.ingest.triage.still import frozen, repeats


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is measured of every frame, before it is decided what to drop."""

    frames_THW: Frames
    times_s_T: Times
    area: int
    """Pixels of the image area."""
    small_TXY: Small
    light_T: npt.NDArray[np.uint64]
    """Summed grey levels."""
    ratios_T: Ratios
    """See :func:`depth_ratios`."""
    share_T: Ratios
    """Share of the image area that is coloured."""

    @classmethod
    def of(
        cls,
        frames_THW: Frames,
        times_s_T: Times,
        mask_HW: Flags,
        colour_share_T: Ratios | None,
    ) -> "Seen":
        small_TXY, none_T = reduce(frames_THW), np.zeros(len(frames_THW))
        return cls(
            frames_THW=frames_THW,
            times_s_T=times_s_T,
            area=int(mask_HW.sum()),
            small_TXY=small_TXY,
            # Down the columns first: twice as fast as at once.
            light_T=frames_THW.sum(1, dtype=np.uint32).sum(1, dtype=np.uint64),
            ratios_T=depth_ratios(small_TXY, mask_HW),
            share_T=none_T if colour_share_T is None else colour_share_T,
        )

    def black_T(self, options: TriageOptions) -> Flags:
        flags_T: Flags = self.light_T < options.black * self.area
        return flags_T

    def dropped(self, options: TriageOptions) -> dict[str, Flags]:
        """The frames to drop, each under the first reason that holds."""
        small_TXY, times_s_T = self.small_TXY, self.times_s_T
        black_T = self.black_T(options)
        found = _first(
            black=black_T,
            frozen=frozen(small_TXY, times_s_T, options),
            lift_off=lifted(self.ratios_T, black_T, options.lift_off),
            colour=coloured(self.share_T, times_s_T, options.colour),
        )
        live_T = ~np.any(list(found.values()), axis=0)
        alike = options.duplicate * self.area
        repeats_T = repeats(self.frames_THW, small_TXY, live_T, alike)
        replays_T = _replays(small_TXY, times_s_T, live_T & ~repeats_T, options)
        return found | {"duplicates": repeats_T, "replays": replays_T}

    def figures(self, options: TriageOptions) -> dict[str, float]:
        """How near frames came to some thresholds."""
        lit_T = ~self.black_T(options)
        return {
            "brightness_least": round(float(self.light_T.min()) / self.area, 2),
            "depth_ratio_least": least(self.ratios_T[lit_T]),
            "colour_most": round(float(self.share_T.max()), 4),
        }


def least(values: npt.NDArray[np.floating]) -> float:
    """The least value, as it is kept; 1 without any."""
    return round(float(values.min(initial=1.0)), 4)


def _first(**flags: Flags) -> dict[str, Flags]:
    """Every frame by the first reason that holds for it."""
    found: dict[str, Flags] = {}
    for name, flags_T in flags.items():
        found[name] = flags_T & ~np.any([*found.values(), flags_T & False], axis=0)
    return found


def _replays(
    small_TXY: Small, times_s_T: Times, candidate_T: Flags, options: TriageOptions
) -> Flags:
    places: Places = np.flatnonzero(candidate_T)
    replays_T = np.zeros(len(small_TXY), bool)
    replays_T[places] = replayed(small_TXY[places], times_s_T[places], options)
    return replays_T
