"""A wrong answer is found in whichever batch it hides."""

import numpy as np
import pytest
import torch
from torch import Tensor

from insonify.core.errors import CheckpointError
from insonify.deploy.export.parity import compare, drawn_frames
from insonify.transfer.examples import Floats

_FRAMES = torch.arange(70, dtype=torch.uint8)[:, None, None].expand(70, 2, 2)
_WANTED = {"features": np.arange(70, dtype=np.float32)[:, None].repeat(3, 1)}


def answer(frames_BHW: Tensor) -> dict[str, Floats]:
    return {"features": _WANTED["features"][frames_BHW[:, 0, 0].numpy()].copy()}


def test_right_answers_pass_in_batches_of_1_3_and_64() -> None:
    batches = []

    def run(frames_BHW: Tensor) -> dict[str, Floats]:
        batches.append(len(frames_BHW))
        return answer(frames_BHW)

    (found,) = compare(_WANTED, run, _FRAMES)
    assert batches == [1, 3, 64, 2]
    assert (found.largest, found.scale, found.share) == (0.0, 69.0, 0.0)


@pytest.mark.parametrize("place", [0, 2, 40, 69])
@pytest.mark.parametrize("wrong", [0.0073, np.nan])
def test_one_wrong_number_is_found(place: int, wrong: float) -> None:
    def run(frames_BHW: Tensor) -> dict[str, Floats]:
        found_BD = answer(frames_BHW)["features"]
        found_BD[frames_BHW[:, 0, 0].numpy() == place, 1] += wrong
        return {"features": found_BD}

    with pytest.raises(CheckpointError, match="features differ"):
        compare(_WANTED, run, _FRAMES)


def test_drawn_frames_are_alike_at_every_call_and_use_the_greys() -> None:
    first, second = (drawn_frames((32, 40)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.float().std((1, 2)).min() > 10
