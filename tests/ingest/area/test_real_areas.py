"""The image area of real clips: where it is found, and that it never shrinks below
what the hull of the motion alone would give.
"""

from pathlib import Path

import pytest

from insonify.core.video import Box
from insonify.ingest.area.image_area import find_image_areas, spread_frames
from insonify.ingest.area.moving import Spread, find_moving
from insonify.ingest.formats.reading import read


@pytest.mark.parametrize(
    ("name", "method", "growth"),
    [
        # Lungs in the dark: the hull ends where the echoes do.
        ("convex/Reg_pat1Image_133410.mpeg", "motion, sector", 1.3),
        ("convex/Reg_Image_181739_trimmed_crop.mp4", "motion, sector", 1.15),
        # Half the probe lost contact: no symmetry, so the hull it is.
        ("convex/Reg_pat2Image_134240.mpeg", "motion", 1.0),
        ("linear/Reg_Image_181206_crop.mp4", "motion, trapezoid", 0.99),
    ],
)
def test_lung_clips(name: str, method: str, growth: float, shared_data: Path) -> None:
    recording = read(shared_data / "lung_video_ccby" / name)
    spread_THW = spread_frames(recording.frames())
    (area,) = find_image_areas(recording, spread_THW, "auto")
    assert area.method == method
    spread = Spread.of(spread_THW)
    moving = find_moving(spread, Box(0, 0, *recording.shape_HW))
    assert moving is not None
    hull_HW = moving.mask_HW
    assert area.mask_HW.sum() >= growth * hull_HW.sum()
    assert (area.mask_HW & hull_HW).sum() > 0.98 * hull_HW.sum()
    added_HW = area.mask_HW & ~hull_HW
    added_HW[[0, -1]] = False  # the picture's own edge, where the hull is rounded
    # What is added is dark in every frame, but for the soft edge of the image.
    bright_HW = added_HW & (spread.peak_HW > 80)
    assert bright_HW.sum() < 0.002 * area.mask_HW.sum()
