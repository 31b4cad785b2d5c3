"""Frames of any kind become the views that transfer would have shown."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from insonify.clips.loader import FrameReader, cut, largest_window
from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.deploy.views import as_views
from insonify.store import Store

SIZE = (32, 40)


def grey(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_stored_frames_are_seen_as_at_transfer(store: Store) -> None:
    positions = np.array([0, 50])
    index = store.frames()
    rectangle = index.rectangles[index.video_N[0]]
    found = as_views(np.stack(store.read_frames(positions)), SIZE, rectangle)
    assert torch.equal(found, FrameReader(store, SIZE).read(positions))


@pytest.mark.parametrize("shape", [(3, 57, 91), (2, 20, 25), (2, 33, 100), (1, 32, 40)])
@pytest.mark.parametrize("rectangle", [None, Box(3, 5, 19, 24)])
def test_floats_are_resampled_as_pillow_does(
    shape: tuple[int, int, int], rectangle: Box | None
) -> None:
    frames_BHW = np.random.default_rng(1).random(shape, np.float32)
    window = largest_window(rectangle or Box(0, 0, *shape[1:]), SIZE)
    slow = [
        np.asarray(
            Image.fromarray(frame_HW).resize(
                SIZE[::-1], Image.Resampling.BILINEAR, box=window
            )
        )
        for frame_HW in frames_BHW
    ]
    found_BHW = as_views(frames_BHW, SIZE, rectangle)
    np.testing.assert_allclose(found_BHW.numpy(), np.stack(slow), atol=1e-5)


def test_gradients_pass_through_floats() -> None:
    frames_BHW = torch.rand(2, 60, 70, requires_grad=True)
    as_views(frames_BHW, SIZE).sum().backward()  # type: ignore[no-untyped-call]
    assert frames_BHW.grad is not None
    assert frames_BHW.grad[:, 30, 35].min() > 0


@pytest.mark.parametrize("shape", [(40, 50), (1, 40, 50), (1, 1, 40, 50)])
def test_one_frame_has_many_forms(shape: tuple[int, ...]) -> None:
    frame = grey(40, 50)
    window = largest_window(Box(0, 0, 40, 50), SIZE)
    wanted = torch.from_numpy(cut(frame, window, SIZE).copy())
    for form in (frame.reshape(shape), torch.from_numpy(frame).reshape(shape)):
        found = as_views(form, SIZE)
        assert torch.equal(found, wanted[None])
        assert found.dtype == torch.uint8


def test_lists_may_mix_sizes() -> None:
    frames: list[Any] = [grey(40, 50), torch.from_numpy(grey(64, 50)), grey(*SIZE)]
    found = as_views(frames, SIZE)
    for place, frame in enumerate(frames):
        assert torch.equal(found[place], as_views(frame, SIZE)[0])
    ragged = np.empty(2, object)
    ragged[:] = frames[0], frames[2]
    assert torch.equal(as_views(ragged, SIZE), found[[0, 2]])


def test_there_may_be_no_frame() -> None:
    assert as_views([], SIZE).shape == (0, *SIZE)
    assert as_views(np.empty((0, 50, 50), np.uint8), SIZE).shape == (0, *SIZE)


def test_frames_of_the_size_stay_as_they_are() -> None:
    frames_BHW = torch.from_numpy(grey(2, *SIZE))
    assert as_views(frames_BHW, SIZE).data_ptr() == frames_BHW.data_ptr()
    locked = grey(2, *SIZE)
    locked.flags.writeable = False  # Torch would warn.
    assert np.array_equal(as_views(locked[:, ::-1], SIZE).numpy(), locked[:, ::-1])


class Named(Tensor):
    """A tensor of a library's own kind."""


def test_tensors_of_other_kinds_become_plain() -> None:
    known = torch.from_numpy(grey(2, 50, 50)).as_subclass(Named)
    assert type(as_views(known, SIZE)) is Tensor


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (grey(4, 4).astype(np.int16), "int16"),
        (torch.zeros(2, 4, 4, dtype=torch.long), "int64"),
        (np.zeros((4, 4), bool), "bool"),
        ("scan.mp4", "str"),
        (7, "found int"),
        (grey(8), r"\(8,\)"),
        (grey(2, 8, 8, 3), r"\(2, 8, 8, 3\).*grey first"),
        (grey(2, 0, 8), r"\(2, 0, 8\)"),
        (np.full((4, 4), 200.0), "200"),
        (np.full((4, 4), -1.0), "-1"),
        (np.full((4, 4), np.nan), "nan"),
        ([grey(4, 4), np.zeros((4, 4))], "found both"),
        ([grey(4, 4), grey(2, 4, 4)], "one item of 2 frames"),
    ],
)
def test_what_is_no_grey_frame_is_refused(frames: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        as_views(frames, SIZE)  # type: ignore[arg-type]


def test_a_rectangle_lies_within() -> None:
    with pytest.raises(ConfigError, match="not within"):
        as_views(grey(2, 40, 50), SIZE, Box(0, 0, 41, 50))
