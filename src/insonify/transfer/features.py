"""Features of the same frames by many encoders, each computed once.

Legend: N frames, B batch.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from insonify.train.monitor import encode
from insonify.transfer.arms import Trial
from insonify.transfer.examples import Integers
from insonify.transfer.progress import Tally

Read = Callable[[tuple[int, int], Integers], Tensor]
"""From a view's size and the places of frames to the frames: uint8 (B, H, W)."""


class FeatureCache:
    """Encodes the frames once for each encoder, and forgets what is done with.

    Args:
        read: Reads frames.
        frames: How many there are, N.
        batch: How many to encode at a time.
        trials: Whose features will be asked for, each once.
        tally: Is told of every encoded batch.
        network: From a trial to what encodes a batch of frames.
    """

    def __init__(
        self,
        read: Read,
        frames: int,
        batch: int,
        *,
        trials: Sequence[Trial],
        tally: Tally,
        network: Callable[[Trial], nn.Module] = Trial.encoder,
    ) -> None:
        self._read, self._frames, self._batch = read, frames, batch
        self._tally, self._network = tally, network
        self._waiting = [trial.key for trial in trials]
        tally.expect(len(set(self._waiting)) * frames)
        self._known: dict[tuple[Any, ...], Tensor] = {}
        self._latest: tuple[Trial, Tensor] | None = None

    def of(self, trial: Trial) -> Tensor:
        """Features of all N frames, on the CPU.

        A trial may ask again until another one asks.
        """
        if self._latest is None or self._latest[0] is not trial:
            self._latest = None
            self._latest = trial, self._take(trial)
        return self._latest[1]

    def _take(self, trial: Trial) -> Tensor:
        key = trial.key
        if key not in self._known:
            self._known[key] = self._encode(trial)
        self._waiting.remove(key)
        self._tally.add(0, f"fitting {trial.where}")
        return self._known[key] if key in self._waiting else self._known.pop(key)

    def _encode(self, trial: Trial) -> Tensor:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        network = self._network(trial).to(device)
        parts = []
        for first in range(0, self._frames, self._batch):
            places_B = np.arange(first, min(first + self._batch, self._frames))
            frames_BHW = self._read(trial.checkpoint.size, places_B)
            parts.append(encode(network, frames_BHW, self._batch))
            self._tally.add(len(places_B), f"encoding with {trial.arm}")
        return torch.cat(parts)
