"""The frames that a queue is drawn from.

Legend: N candidates, K given frames, D features.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from insonify.deploy.labelling.labelled import FrameFeatures
from insonify.deploy.labelling.thinning import thin
from insonify.store import FrameIndex
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.standardise import Standardiser


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """Candidates with their features, in the order of their positions."""

    positions_N: Integers
    """Positions in ``store.frames()``."""
    features_ND: Floats
    subject_N: Integers
    """Number of each frame's subject."""
    video_N: Integers
    """Position of its video in ``store.frames()``."""
    time_s_N: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.positions_N)

    @cached_property
    def directions_ND(self) -> Floats:
        """Directions of all candidates; see :meth:`directions`."""
        return self.directions(self.features_ND)

    def directions(self, features_KD: Floats) -> Floats:
        """Features on the pool's scale, of length 1: their products are cosines."""
        scaled_KD = self._scale(features_KD)
        length_K = np.sqrt(np.einsum("kd,kd->k", scaled_KD, scaled_KD))
        return np.asarray(scaled_KD / np.maximum(length_K, 1e-12)[:, None])

    @cached_property
    def _scale(self) -> Standardiser:
        return Standardiser(self.features_ND)


def build_pool(
    index: FrameIndex,
    features: FrameFeatures,
    subjects: AbstractSet[str],
    most: int,
) -> Pool:
    """The frames of some subjects that have features; of more than ``most``, fewer.

    Of more, as many of each subject, evenly spaced in time.
    """
    _, subject_V = np.unique(np.array(index.subjects, np.str_), return_inverse=True)
    theirs = index.of_subjects(frozenset(subjects))
    positions_N = np.intersect1d(theirs, features.positions_N, assume_unique=True)
    positions_N = positions_N[thin(subject_V[index.video_N[positions_N]], most)]
    return Pool(
        positions_N=positions_N,
        features_ND=features.read(positions_N),
        subject_N=subject_V[index.video_N[positions_N]],
        video_N=index.video_N[positions_N],
        time_s_N=index.time_s_N[positions_N],
    )
