"""Fewer frames of many: as many of each group, evenly spaced.

Legend: N frames, M frames kept, G groups.
"""

import numpy as np

from insonify.transfer.examples import Integers


def thin(groups_N: Integers, most: int) -> Integers:
    """Places of at most ``most`` frames: (M,), increasing.

    Groups that have fewer frames than their share keep all of them, and the others
    share what that leaves. Where there are more groups than places, evenly spaced ones
    keep a frame each.

    Args:
        groups_N: The group of each frame.
        most: How many to keep, at least 1.
    """
    if len(groups_N) <= most:
        return np.arange(len(groups_N))
    _, group_N, counts_G = np.unique(groups_N, return_inverse=True, return_counts=True)
    share = _share(counts_G, most)
    order_N = np.argsort(group_N, kind="stable")
    firsts_G = np.cumsum(counts_G) - counts_G
    chosen = [
        order_N[first + evenly(count, max(1, min(count, share)))]
        for first, count in zip(firsts_G.tolist(), counts_G.tolist(), strict=True)
    ]
    if share == 0:
        chosen = [chosen[group] for group in evenly(len(chosen), most)]
    return np.sort(np.concatenate(chosen))


def evenly(count: int, kept: int) -> Integers:
    """The middles of ``kept`` equal parts of ``count`` places.

    >>> evenly(10, 2).tolist()
    [2, 7]
    """
    return ((np.arange(kept) + 0.5) * count / kept).astype(np.int64)


def _share(counts_G: Integers, most: int) -> int:
    """The largest share of a group with which no more than ``most`` are kept."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(counts_G, middle).sum() <= most:
            low = middle
        else:
            high = middle - 1
    return low
