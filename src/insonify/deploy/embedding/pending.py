"""Features that are made and not yet in the table.

Legend: B frames, D features.
"""

import time
from types import TracebackType
from typing import Final

import numpy as np
import pyarrow as pa

from insonify.core.errors import CheckpointError
from insonify.deploy.embedding.table import FeatureTable
from insonify.store.frames import Integers
from insonify.transfer.examples import Floats

_PATIENCE: Final = 3
"""How many times as long as usual a commit waits for the end of a video."""


class Pending:
    """Appends features to a table from time to time, whole videos where it can.

    Leaving the block appends the rest, also where it is left by an error or by Ctrl-C.

    Args:
        table: Where they go.
        commit_s: Seconds between commits.
    """

    def __init__(self, table: FeatureTable, commit_s: float) -> None:
        self._table, self._commit_s = table, commit_s
        self._parts: list[tuple[Integers, np.ndarray]] = []
        self._last = time.monotonic()

    def __enter__(self) -> "Pending":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._append(*self._all())

    def add(self, positions_B: Integers, features_BD: Floats) -> None:
        """Take features of the frames at positions, which increase from call to call.

        Raises:
            CheckpointError: there are features that half precision cannot hold.
            StoreError: the store cannot be written.
        """
        with np.errstate(over="ignore"):
            half_BD = features_BD.astype(np.float16)
        if not np.isfinite(half_BD).all():
            raise CheckpointError(
                f"{self._table.about.architecture}: features that are not finite or "
                "beyond 65 504; nothing can be compared by them, use another checkpoint"
            )
        self._parts.append((positions_B, half_BD))
        waited = time.monotonic() - self._last
        if waited >= self._commit_s:
            self._commit(whole=waited < _PATIENCE * self._commit_s)

    def _commit(self, *, whole: bool) -> None:
        """Append what there is, but for a video that may go on if only whole ones."""
        position_B, half_BD = self._all()
        end = len(position_B)
        if whole:
            video_B = self._table.store.frames().video_N[position_B]
            end = int(np.searchsorted(video_B, video_B[-1]))
        if end:
            self._append(position_B[:end], half_BD[:end])
            self._parts = [(position_B[end:], half_BD[end:])]
            self._last = time.monotonic()

    def _all(self) -> tuple[Integers, np.ndarray]:
        parts = self._parts or [(np.empty(0, np.int64), np.empty(0, np.float16))]
        positions, halves = zip(*parts, strict=True)
        return np.concatenate(positions), np.concatenate(halves)

    def _append(self, position_B: Integers, half_BD: np.ndarray) -> None:
        if not len(position_B):
            return
        index = self._table.store.frames()
        video_B = index.video_N[position_B]
        schema = self._table.about.schema
        columns = [
            pa.array(np.array(index.video_ids)[video_B]),
            pa.array((position_B - index.starts_V()[video_B]).astype(np.int32)),
            pa.array(index.time_s_N[position_B]),
            pa.FixedSizeListArray.from_arrays(
                pa.array(half_BD.ravel()), self._table.about.dim
            ),
        ]
        self._table.append(pa.Table.from_arrays(columns, schema=schema))
