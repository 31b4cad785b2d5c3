"""A map of frames on which those lie together that an encoder finds alike.

Legend: N frames, D features, 2 right and up.
"""

from typing import Final

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from insonify.core.errors import ConfigError
from insonify.transfer.examples import Floats

METHOD: Final = "t-SNE"
"""van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9, 2008."""
_USUAL: Final = 30.0
_COMPONENTS: Final = 50
"""Principal components that t-SNE is given: as in section 4.2 of the paper, which
speaks of 30, and of 50 in its authors' code."""


def perplexity_for(frames: int, asked: float | None) -> float:
    """The perplexity that was asked for, or one that suits the number of frames.

    t-SNE looks at three times as many neighbours as its perplexity; there must be more
    frames than that.

    Raises:
        ConfigError: there are too few frames, for it or for any.
    """
    most = (frames - 1) / 3
    if most < 1:
        raise ConfigError(
            f"{frames} frames are too few for a map; at least 4 are needed"
        )
    if asked is not None and not 1 <= asked <= most:
        raise ConfigError(
            f"perplexity {asked:g} does not suit {frames} frames; choose one from 1 to "
            f"{most:.1f}, or more frames"
        )
    return min(_USUAL, most) if asked is None else asked


def map_frames(unit_ND: Floats, perplexity: float, seed: int) -> Floats:
    """Arrange frames in the plane by t-SNE.

    The same on the same machine, whatever its number of threads. Distances between
    groups mean little; who lies beside whom is what is to be seen.

    Args:
        unit_ND: Features of length 1, so that distance follows the cosine.
        perplexity: From :func:`perplexity_for`.
        seed: Seed of whatever is drawn.

    Returns:
        Places in [-1, 1], centred, both axes to one scale: (N, 2).
    """
    components = min(_COMPONENTS, *unit_ND.shape)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    # One thread: with several, sums are rounded in an order that differs from run to
    # run, and t-SNE makes another map of it.
    with threadpool_limits(1):
        reduced_NP = PCA(components, random_state=seed).fit_transform(unit_ND)
        places_N2 = tsne.fit_transform(reduced_NP)
    low_2, high_2 = places_N2.min(0), places_N2.max(0)
    half = (high_2 - low_2).max() / 2
    return np.asarray((places_N2 - (low_2 + high_2) / 2) / half, np.float32)
