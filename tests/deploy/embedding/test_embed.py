"""Features of frames that are in memory."""

import numpy as np
import pytest

import insonify
from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.deploy.embedding.features import Features
from tests.deploy.conftest import small_checkpoint


def test_frames_in_memory_have_the_features_of_frames_in_a_store(
    embedded: Features,
) -> None:
    store = embedded.store
    numbers, kept_TD = embedded.of_video("v-0005")
    frames_THW = np.stack(store.read_frames(numbers + 5 * len(numbers)))
    rectangle = store.frames().rectangles[5]
    found_TD = insonify.embed(small_checkpoint(), frames_THW, rectangle)
    assert found_TD.dtype == np.float32
    np.testing.assert_allclose(found_TD, kept_TD, rtol=1e-3, atol=1e-5)
    whole = Box(0, 0, *frames_THW.shape[1:])
    whole_TD = insonify.embed(small_checkpoint(), frames_THW, whole)
    assert np.abs(whole_TD - found_TD).max() > 1e-3
    fives_TD = insonify.embed(small_checkpoint(), frames_THW, batch=5)
    np.testing.assert_allclose(fives_TD, whole_TD, rtol=1e-4, atol=1e-5)


def test_no_frames_have_no_features() -> None:
    none = np.zeros((0, 40, 50), np.uint8)
    checkpoint = small_checkpoint()
    assert insonify.embed(checkpoint, none).shape == (0, checkpoint.encoder.dim)


@pytest.mark.parametrize(
    ("frames", "rectangle", "said"),
    [
        (np.zeros((2, 40, 50), np.float32), None, "uint8 of shape"),
        (np.zeros((40, 50), np.uint8), None, "uint8 of shape"),
        (np.zeros((2, 40, 50), np.uint8), Box(0, 0, 41, 50), "not within frames"),
        (np.zeros((2, 40, 50), np.uint8), Box(9, 0, 9, 50), "not within frames"),
    ],
)
def test_what_is_no_frame_is_refused(
    frames: np.ndarray, rectangle: Box | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        insonify.embed(small_checkpoint(), frames, rectangle)
