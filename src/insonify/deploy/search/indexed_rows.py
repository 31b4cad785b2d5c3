"""The rows of a table of features that an index finds.

Legend: R rows of the table, n rows that are found, D features.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from insonify.deploy.embedding.features import Features
from insonify.deploy.search.index import COLUMN, METRIC, index_of
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached
from insonify.transfer.examples import Floats


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard the index is asked; measured by benchmarks/search.py."""

    few: int = 20_000
    """So many wanted frames are all looked at, even if there is an index."""
    probes: int = 32
    """Partitions that are looked at first if all frames are wanted."""
    per_hit: int = 16
    """Rows that are asked for first, for each frame that is wanted: the frames around
    one are nearly as similar."""
    again: int = 4
    """How many times as many frames as are wanted are compared again, as they are in
    the table."""
    wider: tuple[int, ...] = (1, 8, 64)
    """How many times as many rows and partitions are looked at, one after the other."""
    most: int = 50_000
    """Rows at most; where they do not do, an exact search is as quick."""

    def first_look(self, count: int, wanted: int, total: int) -> tuple[int, int]:
        """How many rows to ask for first, and of how many partitions.

        The fewer frames are wanted the further apart they lie. What is not wanted is
        often a frame's own video, and then nearest of all.

        Args:
            count: How many frames are to be found.
            wanted: How many are wanted.
            total: How many there are.
        """
        enough = self.per_hit * count
        surely, probably = enough + total - wanted, enough * total // wanted
        rows = surely if surely <= self.most else probably
        return rows, math.ceil(self.probes * total / wanted)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexedRows:
    """A table that has an index, and the frames that its rows are of."""

    features: Features
    ids_R: npt.NDArray[np.uint64]
    """Lance's ids of all rows, increasing."""
    position_R: Integers
    """Position of each in the store's frames; -1: of no frame, or of one that another
    row is of."""

    @classmethod
    def of(cls, features: Features) -> "IndexedRows | None":
        """The rows of features; None where the table has no index.

        Raises:
            StoreError: the table cannot be read.
        """
        with reached(place_of(features.store.path)):
            if index_of(features.dataset) is None:
                return None
            table = features.dataset.to_table(columns=[], with_row_id=True)
        ids_R = table["_rowid"].to_numpy()
        position_R = np.full(len(ids_R), -1, np.int64)
        position_R[features.row_N] = features.positions_N
        order = np.argsort(ids_R)
        return cls(features=features, ids_R=ids_R[order], position_R=position_R[order])

    def nearest(
        self, unit_D: Floats, rows: int, probes: int
    ) -> tuple[Integers, Floats]:
        """Frames of the nearest rows, and how similar the index finds them.

        Rows that are not in the index yet are looked at one by one.

        Args:
            unit_D: A vector of length 1.
            rows: How many rows.
            probes: How many partitions to look at.

        Returns:
            Positions, of which none repeats, and similarities: (n,), n at most
            ``rows``. The index knows vectors in 8 bits, and with some rows outside it
            1 - s is half of what it is without: only their order means something.

        Raises:
            StoreError: the table cannot be read.
        """
        nearest = {
            "column": COLUMN,
            "q": unit_D,
            "k": rows,
            "nprobes": probes,
            "metric": METRIC,
        }
        with reached(place_of(self.features.store.path)):
            table = self.features.dataset.to_table(
                columns=["_distance"], with_row_id=True, nearest=nearest
            )
        place_n = np.searchsorted(self.ids_R, table["_rowid"].to_numpy())
        position_n = self.position_R[place_n]
        of_frame_n = position_n >= 0
        similar_n = 1 - table["_distance"].to_numpy()
        return position_n[of_frame_n], similar_n[of_frame_n]
