"""The linear readout: convex, penalised on validation subjects, better than nothing."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from insonify.core.errors import ConfigError
from insonify.transfer.criteria import divergence
from insonify.transfer.lessons import Lesson
from insonify.transfer.saliency_linear import LinearReadout

SHAPE = (4, 5)
SUBJECTS_N = np.array([f"s-{number // 5}" for number in range(80)])
NOBODY = np.arange(0)
LESSON = Lesson(
    chosen_M=np.arange(30), held_V=np.arange(30, 50), tested_B=np.arange(50, 80)
)


def toy(signal: float, channels: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Feature maps of which two channels say where one looks, and other ones noise."""
    generator = Generator().manual_seed(seed)
    maps_NDhw = torch.randn(80, channels, *SHAPE, generator=generator)
    noise_Nhw = torch.randn(80, *SHAPE, generator=generator)
    scores_Nhw = signal * (maps_NDhw[:, 0] - maps_NDhw[:, 1]) + noise_Nhw
    targets_Nhw = scores_Nhw.flatten(1).softmax(1).view(80, *SHAPE)
    return (5 * maps_NDhw + 3).half(), targets_Nhw


def predicted(
    readout: LinearReadout, maps: Tensor, targets: Tensor, lesson: Lesson, **more: Any
) -> Tensor:
    known: dict[str, Any] = {"subjects_N": SUBJECTS_N, "bias_hw": None, "seed": 0}
    return readout.predict(maps, targets, lesson, **(known | more))


def kl(maps_Bhw: Tensor, targets_Nhw: Tensor) -> float:
    tested_Bhw = targets_Nhw[torch.from_numpy(LESSON.tested_B)]
    return float(divergence(maps_Bhw.log(), tested_Bhw))


@pytest.mark.parametrize("strength", [1e-2, 1.0])
def test_equals_gradient_descent(strength: float) -> None:
    """Slowly, with autograd, on the same penalised loss."""
    maps_NDhw, targets_Nhw = toy(1.0)
    found_Bhw = predicted(
        LinearReadout(grid=(strength,)), maps_NDhw, targets_Nhw, LESSON
    )
    chosen_MDhw = maps_NDhw[:30].float()
    mean_D, std_D = chosen_MDhw.mean((0, 2, 3)), chosen_MDhw.std((0, 2, 3))
    scaled_NDhw = (maps_NDhw.float() - mean_D[:, None, None]) / std_D[:, None, None]
    weights_D = torch.zeros(8, requires_grad=True)

    def logs(maps_BDhw: Tensor) -> Tensor:
        scores_Bhw = torch.einsum("bdhw,d->bhw", maps_BDhw, weights_D)
        return scores_Bhw.flatten(1).log_softmax(1).view(scores_Bhw.shape)

    optimizer = torch.optim.SGD([weights_D], lr=0.1)
    for _ in range(800):
        optimizer.zero_grad()
        loss = divergence(logs(scaled_NDhw[:30]), targets_Nhw[:30])
        total: Any = loss + weights_D.square().sum() / (2 * strength * 30)
        total.backward()
        optimizer.step()
    slow_Bhw = logs(scaled_NDhw[50:]).exp().detach()
    torch.testing.assert_close(found_Bhw, slow_Bhw, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("held", [True, False])
def test_signal_is_found_and_noise_is_penalised(held: bool) -> None:
    """On validation subjects, or in cross-validation where there are none."""
    lesson = Lesson(
        chosen_M=LESSON.chosen_M,
        held_V=LESSON.held_V if held else NOBODY,
        tested_B=LESSON.tested_B,
    )
    readout = LinearReadout(grid=(1e-4, 1e-2, 1.0, 100.0))
    close = LinearReadout(grid=(100.0,))
    maps_NDhw, targets_Nhw = toy(1.5, channels=60)
    even = kl(torch.full((30, *SHAPE), 1 / 20), targets_Nhw)
    assert (
        kl(predicted(readout, maps_NDhw, targets_Nhw, lesson), targets_Nhw) < even / 2
    )
    maps_NDhw, targets_Nhw = toy(0.0, channels=60)
    chosen = kl(predicted(readout, maps_NDhw, targets_Nhw, lesson), targets_Nhw)
    assert chosen < kl(predicted(close, maps_NDhw, targets_Nhw, lesson), targets_Nhw)


def test_a_single_subject_gets_the_middle_of_the_grid() -> None:
    maps_NDhw, targets_Nhw = toy(1.0)
    alone = Lesson(chosen_M=np.arange(5), held_V=NOBODY, tested_B=LESSON.tested_B)
    chosen, middle = (
        predicted(LinearReadout(grid=grid), maps_NDhw, targets_Nhw, alone)
        for grid in ((1e-4, 1e-2, 1e2), (1e-2,))
    )
    assert torch.equal(chosen, middle)


def test_it_adds_to_a_bias_and_leaves_out_what_is_constant() -> None:
    maps_NDhw, targets_Nhw = toy(1.0)
    bias_hw = torch.randn(SHAPE, generator=Generator().manual_seed(2))
    still = LinearReadout(grid=(1e-9,))
    found_Bhw = predicted(still, maps_NDhw, targets_Nhw, LESSON, bias_hw=bias_hw)
    expected_hw = bias_hw.flatten().softmax(0).view(SHAPE)
    torch.testing.assert_close(found_Bhw[0], expected_hw, atol=1e-4, rtol=0)
    maps_NDhw[:30, 7] = 1.0
    plain_Bhw = predicted(LinearReadout(), maps_NDhw, targets_Nhw, LESSON)
    maps_NDhw[30:, 7] = 1e3
    odd_Bhw = predicted(LinearReadout(), maps_NDhw, targets_Nhw, LESSON)
    torch.testing.assert_close(plain_Bhw, odd_Bhw)


def test_an_impossible_grid_is_refused() -> None:
    for grid in ((), (0.0,)):
        with pytest.raises(ConfigError, match="positive"):
            LinearReadout(grid=grid)
