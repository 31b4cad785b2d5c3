import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from insonify.ingest.area.evidence import area_of
from insonify.ingest.recording import TimedFrame
from insonify.ingest.reduction import Reduction

sides = st.integers(32, 500)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(sides, sides, st.integers(8, 300))
def test_what_is_reduced_is_what_pillow_makes_of_it(
    height: int, width: int, size: int
) -> None:
    frame_HW = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    whole = area_of(np.ones((height, width), bool), "given")
    reduction = Reduction.plan(whole, size)
    reduced_hw = reduction.apply(TimedFrame(0, frame_HW))
    box, wanted = Image.Resampling.BOX, reduced_hw.shape[::-1]
    slow = Image.fromarray(frame_HW).resize(wanted, box, reducing_gap=2.0)
    assert np.array_equal(reduced_hw, np.asarray(slow))
    assert min(reduced_hw.shape) == min(height, width, size)


def test_a_reduced_frame_is_not_changed_by_the_next() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 40, 60), np.uint8)
    reduction = Reduction.plan(area_of(np.ones((40, 60), bool), "given"), 40)
    first, second = (reduction.apply(TimedFrame(0, frame_HW)) for frame_HW in frames)
    assert np.array_equal(first, frames[0])
    assert np.array_equal(second, frames[1])
