"""The relative transform is what lies between two warps."""

import pytest
import torch
from torch import Generator

from insonify.core.errors import ConfigError
from insonify.pretext import RelativeTransform
from insonify.pretext.relative import RELATIVE
from insonify.pretext.warp import Warp

WARP = Warp(size=(48, 64))
TASK = RelativeTransform(warp=WARP)


def drawn(batch: int = 200) -> dict[str, torch.Tensor]:
    return TASK.sample(batch, Generator().manual_seed(0))


def test_two_different_frames_of_a_clip_are_shown() -> None:
    shown_B2 = drawn()["shown"]
    assert (shown_B2[:, 0] != shown_B2[:, 1]).all()
    assert set(shown_B2.flatten().tolist()) == {0, 1, 2, 3}
    same = RelativeTransform(warp=WARP, same_frame=True)
    again_B2 = same.sample(50, Generator().manual_seed(0))["shown"]
    assert (again_B2[:, 0] == again_B2[:, 1]).all()


def test_the_same_warp_twice_is_no_transform() -> None:
    answer = drawn()
    answer["warps"][:, 1] = answer["warps"][:, 0]
    torch.testing.assert_close(
        TASK.truth(answer), torch.zeros(200, 6), atol=1e-5, rtol=0
    )


def test_before_nothing_the_transform_is_the_warp_itself() -> None:
    """With the first frame as it is and no shear: half of what the warp's own are."""
    answer = drawn()
    answer["warps"][:, 0] = 0
    answer["warps"][:, :, 4] = 0
    truth_BP, warp_BP = TASK.truth(answer), answer["warps"][:, 1]
    torch.testing.assert_close(truth_BP[:, :4], warp_BP[:, :4] / 2)
    torch.testing.assert_close(truth_BP[:, 4:], torch.zeros(200, 2), atol=1e-5, rtol=0)


def test_swapping_the_frames_undoes_rotation_and_scale() -> None:
    answer = drawn()
    swapped = {name: each.flip(1) for name, each in answer.items()}
    forth, back = TASK.truth(answer), TASK.truth(swapped)
    torch.testing.assert_close(forth[:, :2], -back[:, :2], atol=1e-5, rtol=1e-4)


def test_parameters_lie_about_within_one() -> None:
    truth_BP = TASK.truth(drawn(2000))
    assert truth_BP.abs().quantile(0.99) < 1.3
    assert (truth_BP.std(0) > 0.1).all()
    assert truth_BP.shape[1] == len(RELATIVE)


def test_the_views_are_the_warps_of_the_shown_frames() -> None:
    clips = torch.rand(3, 4, 72, 96, generator=Generator().manual_seed(1))
    answer = TASK.sample(3, Generator().manual_seed(2))
    views = TASK.apply(clips, answer)
    for row in range(3):
        for place in (0, 1):
            frame = clips[row, answer["shown"][row, place]][None, None]
            warp = answer["warps"][row, place][None]
            torch.testing.assert_close(views[row, place], WARP.warp(frame, warp)[0, 0])


def test_a_clip_of_one_frame_is_refused() -> None:
    with pytest.raises(ConfigError, match="2 or more"):
        RelativeTransform(frames=1)
