"""How well a loader shuffles, against what a perfect shuffle gives, and how exactly.

Legend: C clips, K clips of the batches that are looked at, G groups of clips, V videos.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from insonify.clips.loader import ClipLoader

Integers = npt.NDArray[np.signedinteger]
_BATCHES: Final = 2000
"""Batches that are looked at, from an epoch's first on; an epoch at most."""
_ROWS: Final = 32_768
"""Rows of a fragment of a store that was tidied."""
_WORLDS: Final = (2, 8)


def quality(loader: ClipLoader) -> dict[str, float]:
    """Subjects, videos and fragments of a batch as a share of a perfect shuffle's.

    And the correlation of neighbours' places in the store, in standard errors: beyond
    ±4 chance is out of the question.
    """
    index = loader.store.frames()
    subject_V = np.unique(np.array(index.subjects), return_inverse=True)[1]
    start_C = loader.clips_CT[:, 0]
    start_K = np.concatenate([loader.positions(n)[:, 0] for n in _numbers(loader)])
    figures: dict[str, float] = {}
    for what, group_N in (("videos", index.video_N), ("fragments", index.row_N)):
        divisor = _ROWS if what == "fragments" else 1
        group_C, group_K = group_N[start_C] // divisor, group_N[start_K] // divisor
        figures |= _distinct(what, group_C, group_K, loader.batch)
        if what == "videos":
            figures |= _distinct(
                "subjects", subject_V[group_C], subject_V[group_K], loader.batch
            )
    # The correlation of n independent pairs scatters by 1 / sqrt(n) around 0.
    correlation = np.corrcoef(start_K[:-1], start_K[1:])[0, 1]
    figures["neighbours' correlation, standard errors"] = float(
        correlation * np.sqrt(len(start_K) - 1)
    )
    return figures


def partition(loader: ClipLoader) -> dict[str, int]:
    """Clips that an epoch lacks or has twice, and those that 2 or 8 ranks do."""
    clips = len(loader.clips_CT)
    order = loader._order.of(0)  # what `positions` looks its places up in
    times_C = np.zeros(clips, np.uint8)
    times_C[order] = 1
    wrong = int(len(order) != clips) + int((times_C == 0).sum())
    ranks = 0
    for world in _WORLDS:
        parts = [replace(loader, rank=rank, world=world) for rank in range(world)]
        for part in parts:  # the same clips: the order need not be drawn eight times
            part.__dict__["_order"] = loader._order
        for number in _numbers(loader):
            whole = np.sort(loader.positions(number)[:, 0])
            theirs = np.concatenate([part.positions(number)[:, 0] for part in parts])
            ranks += int((whole != np.sort(theirs)).sum())
    return {
        "clips of an epoch that are missing or there twice": wrong,
        "clips of 2 and 8 ranks that are missing or there twice": ranks,
    }


def _numbers(loader: ClipLoader) -> range:
    return range(min(_BATCHES, len(loader.clips_CT) // loader.batch))


def _distinct(
    what: str, group_C: Integers, group_K: Integers, batch: int
) -> dict[str, float]:
    found = np.diff(np.sort(group_K.reshape(-1, batch)), axis=1) != 0
    mean = float(found.sum(axis=1).mean()) + 1
    perfect = _expected(np.bincount(group_C), batch)
    return {f"{what} a batch": mean, f"{what} a batch / perfect": mean / perfect}


def _expected(clips_G: Integers, batch: int) -> float:
    """Groups among ``batch`` clips that are drawn without putting them back."""
    missing_G = np.zeros(len(clips_G))
    clips = int(clips_G.sum())
    for drawn in range(batch):
        left_G = np.clip(1 - clips_G / (clips - drawn), 1e-300, None)
        missing_G += np.log(left_G)
    return float(-np.expm1(missing_G).sum())
