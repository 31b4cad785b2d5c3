"""Features of the same frames by many encoders, each computed once.

Legend: N labelled frames, D features.
"""

from collections.abc import Sequence
from typing import Any

import torch

from insonify.clips.loader import FrameReader
from insonify.store import Store
from insonify.train.monitor import encode
from insonify.transfer.arms import Trial
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.progress import Tally


class FeatureCache:
    """Encodes the frames once for each encoder, and forgets what is done with."""

    def __init__(
        self,
        store: Store,
        positions_N: Integers,
        batch: int,
        trials: Sequence[Trial],
        tally: Tally,
    ) -> None:
        self._store, self._positions_N, self._batch = store, positions_N, batch
        self._tally = tally
        self._waiting = [trial.key for trial in trials]
        tally.expect(len(set(self._waiting)) * len(positions_N))
        self._known: dict[tuple[Any, ...], Floats] = {}

    def of(self, trial: Trial) -> Floats:
        """Features of all frames: (N, D); to be asked for once a trial."""
        key = trial.key
        if key not in self._known:
            self._known[key] = self._encode(trial)
        self._waiting.remove(key)
        doing = f"fitting {trial.arm}, fold {trial.fold}, seed {trial.seed}"
        self._tally.add(0, doing)
        return self._known[key] if key in self._waiting else self._known.pop(key)

    def _encode(self, trial: Trial) -> Floats:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        encoder = trial.encoder().to(device)
        reader = FrameReader(self._store, trial.checkpoint.size)
        parts = []
        for first in range(0, len(self._positions_N), self._batch):
            places = self._positions_N[first : first + self._batch]
            parts.append(encode(encoder, reader.read(places), self._batch))
            self._tally.add(len(places), f"encoding with {trial.arm}")
        features_ND: Floats = torch.cat(parts).numpy()
        return features_ND
