"""How fast this machine trains and runs an encoder, measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from insonify.model.encoder import Encoder

_FRAMES: Final = 64
_ROUNDS: Final = 3
_DENSE: Final = 8


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Frames a second of an encoder."""

    train: float
    """Forward and backward."""
    train_dense: float
    """The same at output stride 8, as saliency needs it."""
    run: float
    """Forward alone."""
    run_dense: float
    """Forward alone at output stride 8."""


def measure_speed(architecture: str, size: tuple[int, int]) -> Speed:
    """Time the encoder on this machine; takes some seconds on two cores."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    frames_BHW = torch.full((_FRAMES, *size), 0.3, device=device)
    plain = Encoder(architecture).to(device)
    dense = plain.dilated(_DENSE).to(device)

    def train(encoder: Encoder) -> None:
        encoder.train()
        loss = encoder.feature_map(frames_BHW).square().mean()
        torch.autograd.backward(loss)

    def run(encoder: Encoder) -> None:
        encoder.eval()
        with torch.inference_mode():
            encoder.feature_map(frames_BHW)

    return Speed(
        train=_rate(lambda: train(plain)),
        train_dense=_rate(lambda: train(dense)),
        run=_rate(lambda: run(plain)),
        run_dense=_rate(lambda: run(dense)),
    )


def _rate(step: Callable[[], None]) -> float:
    """Frames a second of the fastest of some rounds, the first not counted."""
    step()
    seconds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
    return _FRAMES / min(seconds)
