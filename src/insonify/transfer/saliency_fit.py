"""Saliency maps learnt by a decoder on frozen feature maps.

Legend: N frames, M frames to learn from, B batch, D channels, h rows and w columns of
maps.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

import torch
from lightning.fabric import Fabric
from torch import Generator, Tensor, nn

from insonify.model.heads import SaliencyHead
from insonify.train.loop import State, StepReport, fit
from insonify.transfer.channels import channel_scale
from insonify.transfer.criteria import divergence
from insonify.transfer.examples import Integers
from insonify.transfer.finetune import refuse_divergence, step_seed
from insonify.transfer.saliency_options import Decoder

_AT_ONCE: Final = 64

OnStep = Callable[[StepReport], None]


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
    """Maps of the tested frames by a decoder that learns as below: (B, h, w).

    Raises:
        DivergedError: the loss is not finite.
    """
    decoder = learn_decoder(
        maps_NDhw,
        targets_Nhw,
        chosen_M,
        held_V=held_V,
        bias_hw=bias_hw,
        options=options,
        seed=seed,
        on_step=on_step,
    )
    return _decode(decoder, maps_NDhw[torch.from_numpy(tested_B)])


def learn_decoder(
    maps_NDhw: Tensor,
    targets_Nhw: Tensor,
    chosen_M: Integers,
    *,
    held_V: Integers,
    bias_hw: Tensor | None,
    options: Decoder,
    seed: int,
    on_step: OnStep,
) -> nn.Sequential:
    """Learn a decoder on the feature maps of chosen frames.

    Channels are standardised on the chosen frames, as features are for a linear probe,
    so that encoders of any scale learn at the same rate. Of the decoders along the way
    the one with the least divergence on frames of validation subjects is taken; without
    such frames the last.

    Args:
        maps_NDhw: Feature maps of all frames.
        targets_Nhw: Where they were looked at, each of sum 1.
        chosen_M: Places of the frames to learn from.
        held_V: Places of frames of validation subjects.
        bias_hw: Logarithm of the map that the decoder begins with, or None.
        options: How to learn.
        seed: Seed of weights and batches.
        on_step: Called after every step.

    Raises:
        DivergedError: the loss is not finite.
    """
    chosen = torch.from_numpy(chosen_M)
    head = SaliencyHead(maps_NDhw.shape[1], seed=seed, bias_hw=bias_hw)
    model = nn.Sequential(channel_scale(maps_NDhw, chosen), head)
    best = _Best(maps_NDhw, targets_Nhw, torch.from_numpy(held_V))
    batches = _draw_places(chosen, options.batch, seed)
    with refuse_divergence():
        for learnt in _along_the_way(
            model, maps_NDhw, targets_Nhw, batches, options=options, on_step=on_step
        ):
            best.look(learnt)
    best.restore(model)
    return model


def _along_the_way(
    model: nn.Sequential,
    maps_NDhw: Tensor,
    targets_Nhw: Tensor,
    batches: Iterator[Tensor],
    *,
    options: Decoder,
    on_step: OnStep,
) -> Iterator[nn.Module]:
    """Learn, and give the model whenever it is to be looked at; last at the end."""
    fabric = Fabric(devices=1, precision="32-true")
    optimizer = options.optimisation.build(model.parameters())
    wrapped, optimizer = fabric.setup(model, optimizer)
    state = State(model=wrapped, optimizer=optimizer)

    def loss_of(
        model: nn.Module, places_B: Tensor, _: int
    ) -> tuple[Tensor, dict[str, float]]:
        logs_Bhw = model(maps_NDhw[places_B].to(fabric.device))
        return divergence(logs_Bhw, targets_Nhw[places_B]), {}

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
        yield state.model


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
