"""Columns of a table as numbers.

Legend: N rows.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]

_MOST: Final = 2**62
"""Keys below this fit 64 bits."""


def coded(column: pa.ChunkedArray) -> tuple[Integers, list[Any]]:
    """The place of each value among the distinct ones, and those, sorted.

    >>> places, values = coded(pa.chunked_array([["b", "a", "b"]]))
    >>> places.tolist(), values
    ([1, 0, 1], ['a', 'b'])
    """
    found = pa.chunked_array(column).combine_chunks().dictionary_encode()
    values = found.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    at_N = found.indices.to_numpy(zero_copy_only=False)
    return place[at_N], [values[at] for at in order]


def keys_of(rows: pa.Table, names: Sequence[str]) -> Integers:
    """A number for each row, the same where all of the named columns are: (N,)."""
    key_N, size = np.zeros(len(rows), np.int64), 1
    for name in names:
        code_N, values = coded(rows[name])
        if size * len(values) > _MOST:
            _, key_N = np.unique(key_N, return_inverse=True)
            size = len(rows)
        key_N = key_N * len(values) + code_N
        size *= len(values)
    return key_N
