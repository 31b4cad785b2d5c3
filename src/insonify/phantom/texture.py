"""Speckle and unevenness, fixed in fetal space: noise volumes that tile.

Legend: N voxels along an edge, R samples, L lines, 3 space axes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from insonify.phantom.geometry import Grid, Pose
from insonify.phantom.solids import Floats

_EDGE = 128  # voxels; a power of two, so that wrapping round is one bit mask
_GRAIN_VOXELS = 0.5
_FAR = 1 << 20  # keeps voxel numbers positive, where truncation is the floor


@dataclass(frozen=True)
class Texture:
    """Noise that stays where it is when the probe moves.

    Attributes:
        scatterers: Complex, circular, unit variance; flattened N x N x N.
        lumps: Real, unit variance, smooth over millimetres; flattened N x N x N.
        streaks_NN: Real, unit variance, long laterally: layers of the abdominal wall.
    """

    scatterers: npt.NDArray[np.complex64]
    lumps: Floats
    streaks_NN: Floats

    scatterer_mm = 0.4
    lump_mm = 0.8
    streak_mm = (0.35, 1.0)

    @cached_property
    def grain_mm(self) -> float:
        """Standard deviation of the Gaussian blur that correlates scatterers alike.

        Measured between neighbouring voxels: so narrow a blur, sampled at whole
        voxels, correlates them less than its own width says (0.26, not 0.37).
        """
        rows = self.scatterers.reshape(-1, _EDGE)
        alike = np.mean(rows[:, 1:] * rows[:, :-1].conj()).real
        return float(self.scatterer_mm / np.sqrt(-4 * np.log(alike)))

    def echoes(
        self, pose: Pose, grid: Grid, offset_3: Floats
    ) -> npt.NDArray[np.complex64]:
        """Scatterers at every sample of the image plane."""
        return self.scatterers[_voxels(pose, grid, offset_3, self.scatterer_mm)]

    def lump(self, pose: Pose, grid: Grid, offset_3: Floats) -> Floats:
        """Coarse unevenness at every sample of the image plane."""
        return self.lumps[_voxels(pose, grid, offset_3, self.lump_mm)]

    def streak(self, depth_RL: Floats, along_RL: Floats) -> Floats:
        """Layered unevenness at depths and lateral places in millimetres."""
        i_RL = (depth_RL / self.streak_mm[0]).astype(np.int32) & (_EDGE - 1)
        j_RL = (along_RL / self.streak_mm[1] + _FAR).astype(np.int32) & (_EDGE - 1)
        return np.asarray(self.streaks_NN[i_RL, j_RL])


def make_texture(seed: int) -> Texture:
    """Draw the noise volumes; the same seed gives the same volumes."""
    generator = np.random.default_rng((seed, 71))
    cube = (_EDGE,) * 3
    real, imaginary = (_noise(generator, cube, _GRAIN_VOXELS) for _ in range(2))
    scales = [_noise(generator, cube, sigma) for sigma in (1.2, 3.5, 8.0)]
    lumps = np.sum(scales, axis=0)
    return Texture(
        scatterers=((real + 1j * imaginary) / np.sqrt(2)).astype(np.complex64).ravel(),
        lumps=(lumps / lumps.std()).ravel(),
        streaks_NN=_noise(generator, (_EDGE, _EDGE), (1.3, 9.0)),
    )


def _noise(
    generator: np.random.Generator,
    shape: tuple[int, ...],
    sigma: float | tuple[float, ...],
) -> Floats:
    white = generator.standard_normal(shape, dtype=np.float32)
    smooth = ndimage.gaussian_filter(white, sigma, mode="wrap")
    return np.asarray(smooth / smooth.std(), np.float32)


def _voxels(
    pose: Pose, grid: Grid, offset_3: Floats, voxel_mm: float
) -> npt.NDArray[np.int32]:
    """Number of the voxel that each sample falls into, shape (R, L)."""
    centre_3 = pose.origin_3 - grid.face_mm * pose.axes_33[2] + offset_3
    lines_L3 = np.outer(grid.sin_L, pose.axes_33[0]) + np.outer(
        grid.cos_L, pose.axes_33[2]
    )
    number_RL = np.zeros((len(grid.radii_R), len(grid.sin_L)), np.int32)
    scaled_R1 = grid.radii_R[:, None] / np.float32(voxel_mm)
    for axis in range(3):
        base = np.float32(centre_3[axis] / voxel_mm % _EDGE + 8 * _EDGE)
        place_RL = scaled_R1 * lines_L3[:, axis] + base
        number_RL *= _EDGE
        number_RL += place_RL.astype(np.int32) & (_EDGE - 1)
    return number_RL
