"""What lies between the probe and the fetus: the mother's abdominal wall.

Legend: C channels (echo amplitude, loss, lump), R samples, L lines, D depth steps.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from insonify.phantom.geometry import Grid, Pose
from insonify.phantom.solids import Floats
from insonify.phantom.texture import Texture
from insonify.phantom.tissue import FAT, MATERNAL, MYOMETRIUM, SKIN, Tissue

_STEP_MM = 0.25
_STREAK = 0.55  # sd of log amplitude of the streaks in the wall


@dataclass(frozen=True, kw_only=True)
class AbdominalWall:
    """Layers that stay at their depth while the probe slides over them."""

    fat_mm: float = 9.0
    """Thickness of subcutaneous fat."""
    muscle_mm: float = 6.0
    """Thickness of the abdominal muscles."""
    uterus_mm: float = 7.0
    """Thickness of the uterine wall."""
    waves_mm: float = 30.0
    """Wavelength of the layers' undulation."""

    @property
    def depth_mm(self) -> float:
        """Depth at which the uterus is reached."""
        return 1.5 + self.fat_mm + self.muscle_mm + self.uterus_mm

    @cached_property
    def _layers_DC(self) -> Floats:
        layers: tuple[tuple[float, Tissue], ...] = (
            (1.5, SKIN),
            (self.fat_mm, FAT),
            (0.8, SKIN),
            (self.muscle_mm - 0.8, MATERNAL),
            (0.8, SKIN),
            (self.uterus_mm - 0.8, MYOMETRIUM),
        )
        rows = [
            np.tile((kind.echo, kind.loss_dB_cm, kind.lump), (round(mm / _STEP_MM), 1))
            for mm, kind in layers
        ]
        return np.concatenate(rows).astype(np.float32)

    def background(self, grid: Grid) -> Floats:
        """A canvas (C, R, L) of maternal tissue to paint on."""
        channels = (MATERNAL.echo, MATERNAL.loss_dB_cm, MATERNAL.lump)
        shape = (len(grid.radii_R), len(grid.angles_L))
        return np.stack([np.full(shape, value, np.float32) for value in channels])

    def paint(
        self, pose: Pose, grid: Grid, canvas_CRL: Floats, texture: Texture
    ) -> None:
        """Paint the layers over the near field, in place."""
        near = int(np.searchsorted(grid.radii_R, grid.face_mm + 1.3 * self.depth_mm))
        depth_R1 = grid.radii_R[:near, None] - grid.face_mm
        slide_mm = float(pose.origin_3 @ pose.axes_33[0])
        tilt_mm = float(pose.origin_3 @ pose.axes_33[1])
        along_RL = grid.radii_R[:near, None] * grid.sin_L + np.float32(slide_mm)
        phase_RL = along_RL * np.float32(2 * np.pi / self.waves_mm)
        wave_RL = 1 + 0.09 * np.sin(phase_RL + np.float32(tilt_mm / 17))
        level_RL = depth_R1 * wave_RL
        step_RL = (level_RL / _STEP_MM).astype(np.int32)
        layers_CRL = np.moveaxis(
            self._layers_DC[np.minimum(step_RL, len(self._layers_DC) - 1)], 2, 0
        ).copy()
        layers_CRL[0] *= np.exp(_STREAK * texture.streak(level_RL, along_RL))
        cover_RL = np.clip(0.5 - (level_RL - self.depth_mm) / 1.2, 0, 1)
        canvas_CRL[:, :near] += cover_RL * (layers_CRL - canvas_CRL[:, :near])
