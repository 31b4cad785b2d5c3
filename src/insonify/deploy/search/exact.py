"""Similarities by a look at every frame.

Legend: R rows of the table of features, B vectors asked for, D features, n frames.
"""

from typing import Final

import numpy as np
import torch

from insonify.deploy.embedding.features import Features
from insonify.deploy.search.ranking import cosines
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached
from insonify.transfer.examples import Floats

_AT_ONCE: Final = 8192
"""Rows at a time: in single precision they stay near the processor."""
_SPARSE: Final = 8
"""If fewer than one in so many rows is wanted, reading all takes longer than finding
those (benchmarks/search.py)."""


def similarities(features: Features, units_BD: Floats, positions_n: Integers) -> Floats:
    """Cosine similarities of vectors with frames.

    Args:
        features: Those of the frames.
        units_BD: Vectors of length 1.
        positions_n: Positions of frames that have features.

    Returns:
        float32 (B, n).

    Raises:
        StoreError: the features cannot be read.
    """
    rows = features.dataset.count_rows()
    if len(positions_n) * _SPARSE >= rows:
        place_n = np.searchsorted(features.positions_N, positions_n)
        return _of_all_rows(features, units_BD, rows)[:, features.row_N[place_n]]
    similar_Bn = np.empty((len(units_BD), len(positions_n)), np.float32)
    for first in range(0, len(positions_n), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        similar_Bn[:, part] = cosines(units_BD, features.read(positions_n[part]))
    return similar_Bn


def _of_all_rows(features: Features, units_BD: Floats, rows: int) -> Floats:
    """Similarities with the rows of the table, in their order: (B, R)."""
    similar_BR, first = np.empty((len(units_BD), rows), np.float32), 0
    # Made once and filled by torch: five times as fast as by NumPy, which turns halves
    # into singles one by one, and as arrays made anew for each batch.
    halves_RD = torch.empty((_AT_ONCE, features.dim), dtype=torch.float16)
    singles_RD = torch.empty_like(halves_RD, dtype=torch.float32)
    with reached(place_of(features.store.path)):
        for batch in features.dataset.to_batches(
            columns=["vector"], batch_size=_AT_ONCE
        ):
            count = len(batch)
            values = batch["vector"].flatten().to_numpy()
            halves_RD.numpy()[:count] = values.reshape(count, features.dim)
            singles_RD[:count].copy_(halves_RD[:count])
            part = slice(first, first + count)
            similar_BR[:, part] = cosines(units_BD, singles_RD.numpy()[:count])
            first += count
    return similar_BR
