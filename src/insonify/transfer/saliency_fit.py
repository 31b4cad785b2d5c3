"""Saliency maps learnt on frozen feature maps, or by encoder and head together.

Legend: N frames, M frames to learn from, B batch, D channels, h rows and w columns of
maps.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

import torch
from lightning.fabric import Fabric
from torch import Generator, Tensor, nn

from insonify.model.heads import ChannelScale, HeadedEncoder, SaliencyHead
from insonify.train.loop import State, StepReport, fit
from insonify.transfer.course import FineTune
from insonify.transfer.criteria import divergence, saliency_criterion
from insonify.transfer.examples import Integers
from insonify.transfer.finetune import (
    begin,
    draw_batches,
    learn,
    predict,
    refuse_divergence,
    step_seed,
)
from insonify.transfer.gaze import GazedFrames
from insonify.transfer.plan import Job
from insonify.transfer.saliency_options import Decoder

_AT_ONCE: Final = 64

OnStep = Callable[[StepReport], None]


def finetune_saliency(
    job: Job,
    frames_NHW: Tensor,
    gaze: GazedFrames,
    chosen_M: Integers,
    tested_B: Integers,
    *,
    options: FineTune,
    output_stride: int,
    bias_hw: Tensor | None,
    on_step: OnStep,
) -> Tensor:
    """Learn maps from the chosen frames and predict those of the tested ones.

    Args:
        job: Which encoder, under which seed; a dilated copy of it learns.
        frames_NHW: All frames, larger than the encoder's views.
        gaze: Where they were looked at.
        chosen_M: Places of the frames to learn from.
        tested_B: Places of the frames to predict.
        options: How to learn.
        output_stride: Pixels of a view to a cell of the map.
        bias_hw: Logarithm of the map that the head begins with, or None.
        on_step: Called after every step.

    Returns:
        Maps of the central views, (B, h, w), each of sum 1.

    Raises:
        ConfigError: the loss is not finite.
    """
    trial = job.trial
    encoder = trial.encoder().dilated(output_stride)
    head = SaliencyHead(encoder.map_dim, seed=trial.seed, bias_hw=bias_hw)
    fabric, state = begin(options, HeadedEncoder(encoder, head))
    size = trial.checkpoint.size
    learn(
        options,
        fabric,
        state,
        draw_batches(
            options,
            frames_NHW,
            size,
            chosen_M,
            seed=trial.seed,
            adjust=gaze.keep_points,
        ),
        saliency_criterion(gaze),
        steps=job.steps(options),
        factor=options.untrained_factor if trial.untrained else 1.0,
        on_step=on_step,
    )
    tested_BHW = frames_NHW[torch.from_numpy(tested_B)]
    return predict(state.model, tested_BHW, size, _AT_ONCE).exp()


def fit_decoder(
    maps_NDhw: Tensor,
    targets_Nhw: Tensor,
    chosen_M: Integers,
    tested_B: Integers,
    *,
    held_V: Integers,
    bias_hw: Tensor | None,
    options: Decoder,
    seed: int,
    on_step: OnStep,
) -> Tensor:
    """Learn a head on the feature maps of chosen frames; maps of the tested: (B, h, w).

    Channels are standardised on the chosen frames, as features are for a linear probe,
    so that encoders of any scale learn at the same rate. Of the heads along the way the
    one with the least divergence on frames of validation subjects is taken; without
    such frames the last.

    Raises:
        ConfigError: the loss is not finite.
    """
    chosen = torch.from_numpy(chosen_M)
    head = SaliencyHead(maps_NDhw.shape[1], seed=seed, bias_hw=bias_hw)
    model = nn.Sequential(channel_scale(maps_NDhw, chosen), head)
    fabric = Fabric(devices=1, precision="32-true")
    optimizer = options.optimisation.build(model.parameters())
    wrapped, optimizer = fabric.setup(model, optimizer)
    state = State(model=wrapped, optimizer=optimizer)
    best = _Best(maps_NDhw, targets_Nhw, torch.from_numpy(held_V))

    def loss_of(
        model: nn.Module, places_B: Tensor, _: int
    ) -> tuple[Tensor, dict[str, float]]:
        logs_Bhw = model(maps_NDhw[places_B].to(fabric.device))
        return divergence(logs_Bhw, targets_Nhw[places_B]), {}

    batches = _draw_places(chosen, options.batch, seed)
    with refuse_divergence():
        for look in range(1, options.looks + 1):
            fit(
                fabric,
                state,
                batches,
                loss_of,
                steps=options.steps * look // options.looks,
                rate_of=lambda step: options.optimisation.rate(step, options.steps),
                on_step=on_step,
            )
            best.look(state.model)
    best.restore(state.model)
    return _decode(state.model, maps_NDhw[torch.from_numpy(tested_B)])


class _Best:
    """Keeps the weights with the least divergence on frames of validation subjects."""

    def __init__(self, maps_NDhw: Tensor, targets_Nhw: Tensor, held_V: Tensor) -> None:
        self._maps_NDhw, self._targets_Nhw, self._held_V = (
            maps_NDhw,
            targets_Nhw,
            held_V,
        )
        self._least = float("inf")
        self._weights: dict[str, Tensor] = {}

    def look(self, model: nn.Module) -> None:
        """Measure the model, and keep its weights if it is the best so far."""
        if not len(self._held_V):
            return
        found_Vhw = _decode(model, self._maps_NDhw[self._held_V])
        logs_Vhw = found_Vhw.clamp_min(1e-12).log()
        loss = float(divergence(logs_Vhw, self._targets_Nhw[self._held_V]))
        if loss < self._least:
            self._least = loss
            self._weights = {k: v.clone() for k, v in model.state_dict().items()}

    def restore(self, model: nn.Module) -> None:
        """Give the model the best weights; those it has, if none were kept."""
        if self._weights:
            model.load_state_dict(self._weights)


def channel_scale(maps_NDhw: Tensor, chosen_M: Tensor) -> ChannelScale:
    """Mean 0 and deviation 1 for every channel over the chosen frames."""
    parts = torch.split(chosen_M, _AT_ONCE)
    cells = len(chosen_M) * maps_NDhw.shape[2] * maps_NDhw.shape[3]
    mean_D = sum(_sums(maps_NDhw[part], 1) for part in parts) / cells
    square_D = sum(_sums(maps_NDhw[part], 2) for part in parts) / cells
    deviation_D = torch.as_tensor(square_D - mean_D**2).clamp_min(0).sqrt()
    # A channel that is constant on the training subjects says nothing: scale 0.
    useful_D = deviation_D > 1e-6 * deviation_D.max().clamp_min(1e-12)
    scale_D = torch.where(useful_D, 1 / deviation_D, 0)
    return ChannelScale(torch.as_tensor(mean_D), scale_D)


def _sums(maps_BDhw: Tensor, power: int) -> Tensor:
    return maps_BDhw.double().pow(power).sum((0, 2, 3))


def _draw_places(chosen_M: Tensor, batch: int, seed: int) -> Iterator[Tensor]:
    for step in count():
        generator = Generator().manual_seed(step_seed(seed, step))
        yield chosen_M[torch.randint(len(chosen_M), (batch,), generator=generator)]


@torch.inference_mode()
def _decode(model: nn.Module, maps_BDhw: Tensor) -> Tensor:
    model.eval()
    device = next(model.parameters()).device
    parts = [
        model(part.to(device)).float().cpu()
        for part in torch.split(maps_BDhw, _AT_ONCE)
    ]
    return torch.cat(parts).exp()
