"""One B-mode frame: solids and texture in, grey levels out.

Legend: R samples along a line, L lines (of which the echo grid has every second), C
channels (echo amplitude, loss, lump), H rows, W columns, T times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from insonify.core.video import Frames
from insonify.phantom.acoustics import Beam, Device, transmission
from insonify.phantom.geometry import Grid, Pose
from insonify.phantom.mother import AbdominalWall
from insonify.phantom.scene import Scene
from insonify.phantom.solids import Floats, Solid
from insonify.phantom.texture import Texture

_SPECULAR = 2.4  # echo of an interface, per unit change of amplitude along the beam


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is scanned: the mother's wall, what lies still, and what beats.

    Attributes:
        wall: Layers between the probe and the uterus.
        still: Everything that does not move of itself, in painting order.
        beating: The heart's solids at a time in seconds.
        offset_3: Where in the noise volumes this body lies, in millimetres.
    """

    wall: AbdominalWall
    still: Scene
    beating: Callable[[float], list[Solid]]
    offset_3: Floats


class Scanner:
    """Draws frames of one body with one device.

    Args:
        body: What is scanned.
        device: How it is drawn.
        texture: Noise volumes, shared by all bodies.
        generator: Source of the receiver noise, one draw a frame.
    """

    def __init__(
        self,
        body: Body,
        device: Device,
        texture: Texture,
        generator: np.random.Generator,
    ) -> None:
        self._body, self._device, self._texture = body, device, texture
        self._generator = generator
        fan = device.fan
        self._fine = Grid(fan.radii_R, fan.angles_L)
        coarse_L = np.linspace(fan.angles_L[0], fan.angles_L[-1], fan.lines // 2)
        self._coarse = Grid(fan.radii_R, coarse_L.astype(np.float32))
        self._spread = _interpolation(fan.lines // 2, fan.lines)
        self._beam = Beam(device, texture.grain_mm)
        self._previous_RL: Floats | None = None

    def frame(self, pose: Pose, time_s: float, contact: float = 1.0) -> Frames:
        """Draw what the probe sees.

        Args:
            pose: Where the probe is.
            time_s: Time of the frame; the heart beats by it.
            contact: 1 with the probe on the skin, 0 in air.

        Returns:
            Grey levels (H, W), 0 outside the fan.
        """
        grey_RL = self._device.compress(self.envelope(pose, time_s, contact))
        if self._device.smoothing > 0:
            grey_RL = ndimage.gaussian_filter(grey_RL, self._device.smoothing)
        if self._previous_RL is not None:
            grey_RL += self._device.persistence * (self._previous_RL - grey_RL)
        self._previous_RL = grey_RL
        return self._device.fan.convert(grey_RL).astype(np.uint8)

    def envelope(self, pose: Pose, time_s: float, contact: float = 1.0) -> Floats:
        """The envelope after gain, before compression; muscle at the face is 1."""
        device = self._device
        canvas_CRL = self._paint(pose, time_s)
        echo_RL, loss_RL, lump_RL = canvas_CRL
        left_RL = transmission(loss_RL, device.fan.step_mm)
        lump_RL *= self._texture.lump(pose, self._coarse, self._body.offset_3)
        left_RL *= device.gain_R[:, None] * np.float32(contact**2)
        interface_RL = np.abs(np.diff(echo_RL, axis=0, prepend=echo_RL[:1]))
        diffuse_RL = (echo_RL * np.exp(lump_RL) * left_RL) @ self._spread
        specular_RL = (_SPECULAR * interface_RL * left_RL) @ self._spread
        echoes_RL = self._texture.echoes(pose, self._fine, self._body.offset_3)
        echoes_RL = echoes_RL * diffuse_RL
        echoes_RL += specular_RL
        envelope_RL = self._beam(echoes_RL)
        envelope_RL += self._noise(contact)
        return envelope_RL

    def _paint(self, pose: Pose, time_s: float) -> Floats:
        grid = self._coarse
        canvas_CRL = self._body.wall.background(grid)
        self._body.still.paint(pose, grid, canvas_CRL)
        if beating := self._body.beating(time_s):
            Scene(beating).paint(pose, grid, canvas_CRL)
        self._body.wall.paint(pose, grid, canvas_CRL, self._texture)
        return canvas_CRL

    def _noise(self, contact: float) -> Floats:
        """Receiver noise, and the ringing of a probe that touches nothing."""
        fan, device = self._device.fan, self._device
        white_RL = self._generator.standard_normal(
            (fan.samples, fan.lines), dtype=np.float32
        )
        level = np.float32(10 ** (device.noise_dB / 20))
        noise_RL = np.abs(white_RL) * (level * device.gain_R)[:, None]
        depth_R = fan.radii_R - fan.radius_mm
        ringing_R = np.exp(-depth_R / (2.0 + 5.0 * (1 - contact)))
        bands_R = 0.6 + 0.4 * np.cos(depth_R * (2 * np.pi / 2.4))
        noise_RL += ((1.2 + 5 * (1 - contact)) * ringing_R * bands_R)[:, None]
        return np.asarray(noise_RL, np.float32)


def _interpolation(coarse: int, fine: int) -> Floats:
    """Linear interpolation from ``coarse`` to ``fine`` lines, as a matrix."""
    return np.stack(
        [
            np.interp(np.linspace(0, coarse - 1, fine), np.arange(coarse), unit)
            for unit in np.eye(coarse)
        ]
    ).astype(np.float32)
