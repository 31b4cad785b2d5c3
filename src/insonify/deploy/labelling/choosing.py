"""Which frames are worth a label most, together.

The most doubtful frames are often one doubt many times over. So a batch is chosen that
stands for as much doubt as it can: every frame of the pool counts by its doubt, and by
how much alike it is to the nearest of the chosen and of the labelled frames. Without a
head all frames count the same, and the batch is what represents the pool best. Greedy
choice reaches 1 - 1/e of the best, as the sum is submodular (Nemhauser, Wolsey and
Fisher, 1978; for labelling Wei, Iyer and Bilmes, Submodularity in Data Subset Selection
and Active Learning, ICML 2015).

Legend: N candidates, G frames that are to be stood for, M short-listed candidates,
K labelled frames, D features.
"""

from typing import Final

import numpy as np

from insonify.deploy.labelling.doubt import Doubles
from insonify.deploy.labelling.limits import Limits
from insonify.deploy.labelling.pool import Pool
from insonify.transfer.examples import Floats, Integers

_MOST: Final = 1_500
"""Frames that are to be stood for, drawn evenly, and candidates, the most doubtful
ones: likenesses of all with all take too long."""


def choose(
    pool: Pool,
    doubt_N: Doubles | None,
    limits: Limits,
    known_KD: Floats,
    *,
    count: int,
    generator: np.random.Generator,
) -> Integers:
    """Places of at most ``count`` candidates, the most valuable first.

    Args:
        pool: The candidates.
        doubt_N: How doubtful each is, 0 to 1; None: there is no head yet.
        limits: Which of them may be chosen; takes the chosen ones.
        known_KD: Directions of frames that need not be stood for any more.
        count: How many.
        generator: Draws what is stood for.
    """
    drawn_G = generator.choice(len(pool), min(len(pool), _MOST), replace=False)
    if doubt_N is None:
        worth_G, free = np.ones(len(drawn_G)), limits.free
        short_M = generator.choice(free, min(len(free), _MOST), replace=False)
    else:
        worth_G = doubt_N[drawn_G]
        short_M = limits.keep_highest(doubt_N, _MOST)
    like_GM = _alike(pool.directions_ND[drawn_G], pool.directions_ND[short_M])
    near_G = _alike(pool.directions_ND[drawn_G], known_KD).max(1, initial=0)
    chosen: list[int] = []
    while len(chosen) < count and (open_M := limits.open_N()[short_M]).any():
        gain_M = worth_G @ np.maximum(like_GM - near_G[:, None], 0)
        best = int(np.where(open_M, gain_M, -1).argmax())
        near_G = np.maximum(near_G, like_GM[:, best])
        chosen.append(int(short_M[best]))
        limits.take(chosen[-1])
    return np.array(chosen, np.int64)


def _alike(one_GD: Floats, other_MD: Floats) -> Floats:
    """How much alike frames are: their cosines, 0 where these are negative."""
    return np.asarray(np.maximum(one_GD @ other_MD.T, 0))
