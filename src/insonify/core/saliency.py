"""Saliency maps: where a sonographer looked, as a probability over cells of a view.

Places are shares of the view, so they mean the same at any resolution: (0, 0) is its
upper left corner, (1, 1) its lower right one, and cell (row, column) of an h by w map
covers ``[column / w, (column + 1) / w)`` by ``[row / h, (row + 1) / h)``.

Legend: P points, 2 right and down, h rows and w columns of the map.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def target_map(
    points_P2: npt.ArrayLike, sigma_2: npt.ArrayLike, shape_hw: tuple[int, int]
) -> Floats:
    """Mean of a Gaussian at every point, each of sum 1 over the map: (h, w).

    Droste et al., IPMI 2019, section 2.1. What a Gaussian has outside the view is lost
    and the rest renormalised, so points at the border weigh as much as others.

    Args:
        points_P2: Places (right, down) in [0, 1), at least one.
        sigma_2: Standard deviation to the right and down, as shares of the view.
        shape_hw: Rows and columns of the map.

    >>> target_map([(0.5, 0.5)], (0.1, 0.1), (1, 3)).round(2).tolist()
    [[0.0, 0.99, 0.0]]
    """
    points_P2 = np.asarray(points_P2, np.float64).reshape(-1, 2)
    sigma_right, sigma_down = np.asarray(sigma_2, np.float64)
    height, width = shape_hw
    right_Pw = _bells(points_P2[:, 0], sigma_right, width)
    down_Ph = _bells(points_P2[:, 1], sigma_down, height)
    map_hw: Floats = np.einsum("ph,pw->hw", down_Ph, right_Pw) / len(points_P2)
    return map_hw


def cells(points_P2: npt.ArrayLike, shape_hw: tuple[int, int]) -> Integers:
    """The cell (row, column) each point lies in: (P, 2).

    >>> cells([(0.5, 0.0), (0.99, 0.99)], (2, 4)).tolist()
    [[0, 2], [1, 3]]
    """
    points_P2 = np.asarray(points_P2, np.float64).reshape(-1, 2)
    size_2 = np.array([shape_hw[1], shape_hw[0]])
    place_P2 = np.clip(np.floor(points_P2 * size_2), 0, size_2 - 1).astype(np.int64)
    flipped: Integers = place_P2[:, ::-1]
    return flipped


def _bells(at_P: Floats, sigma: float, count: int) -> Floats:
    """A Gaussian at every point over the centres of ``count`` cells, each of sum 1."""
    centres = (np.arange(count) + 0.5) / count
    # Relative to the nearest centre, or a narrow bell between two centres underflows.
    squares = ((centres - at_P[:, None]) / sigma) ** 2 / 2
    bells = np.exp(squares.min(1, keepdims=True) - squares)
    shared: Floats = bells / bells.sum(1, keepdims=True)
    return shared
