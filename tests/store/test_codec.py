import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from insonify.core.video import Frames
from insonify.store.codec import Codec, decode, encode


@settings(deadline=None, derandomize=True, max_examples=25)
@given(arrays(np.uint8, st.tuples(st.integers(1, 33), st.integers(1, 33))))
@pytest.mark.parametrize("codec", ["png", "raw"])
def test_lossless_codecs_give_back_every_pixel(codec: Codec, frame_HW: Frames) -> None:
    data = encode(frame_HW, codec, 95)
    assert np.array_equal(decode(data, codec, *frame_HW.shape), frame_HW)


def test_jpeg_at_95_is_within_two_grey_levels_on_average() -> None:
    generator = np.random.default_rng(0)
    speckle_HW = (generator.rayleigh(40, (128, 160)).clip(0, 255)).astype(np.uint8)
    back_HW = decode(encode(speckle_HW, "jpeg", 95), "jpeg", 128, 160)
    assert back_HW.shape == speckle_HW.shape
    assert np.abs(back_HW.astype(int) - speckle_HW).mean() < 2
