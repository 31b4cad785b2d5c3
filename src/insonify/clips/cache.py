"""Decoded frames kept in memory, as many as fit.

A frame belongs to as many clips as a clip has frames, and returns every epoch; decoding
it is most of what loading costs (benchmarks/loader.py).
"""

from collections import OrderedDict
from threading import Lock

import numpy as np

from insonify.core.video import Frames
from insonify.store import Store
from insonify.store.frames import Integers


class FrameCache:
    """Reads frames of a store and keeps the latest; safe to share between threads.

    Args:
        store: Where frames are read from.
        megabytes: How much to keep; 0 keeps nothing.
    """

    def __init__(self, store: Store, megabytes: int) -> None:
        self._store = store
        self._room = megabytes * 1_000_000
        self._kept: OrderedDict[int, Frames] = OrderedDict()
        self._lock = Lock()

    def read(self, positions: Integers) -> list[Frames]:
        """The frames at ``positions`` of ``store.frames()``: (H, W) uint8 each."""
        with self._lock:
            found = {p: self._kept[p] for p in positions.tolist() if p in self._kept}
        missing = np.unique(positions[[p not in found for p in positions.tolist()]])
        if len(missing):
            frames = self._store.read_frames(missing)
            new = dict(zip(missing.tolist(), frames, strict=True))
            self._keep(new)
            found |= new
        return [found[position] for position in positions.tolist()]

    def _keep(self, new: dict[int, Frames]) -> None:
        with self._lock:
            for position, frame_HW in new.items():
                if position not in self._kept:
                    self._kept[position] = frame_HW
                    self._room -= frame_HW.nbytes
            while self._room < 0:
                _, oldest_HW = self._kept.popitem(last=False)
                self._room += oldest_HW.nbytes
