"""From scatterers to grey levels: pulse and beam, attenuation, log compression.

Legend: R samples along a line, L lines, Z zones of depth with one beam width each.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from insonify.phantom.geometry import Fan
from insonify.phantom.solids import Floats

ZONES = 16
SOUND_MM_US = 1.54  # speed of sound in soft tissue, millimetres a microsecond
_SIDELOBE_DB = -34.0  # clutter beside bright echoes, relative to the main lobe


@dataclass(frozen=True, kw_only=True)
class Device:
    """How one scanner with one set-up draws what it hears."""

    fan: Fan = field(default_factory=Fan)
    """The fan that is scanned."""
    frequency_mhz: float = 4.0
    """Centre frequency: sets pulse length and beam width."""
    aperture_mm: float = 22.0
    """Active aperture; a wider one has a narrower beam."""
    dynamic_range_dB: float = 60.0
    """Levels from black to white."""
    gain_dB: float = 0.0
    """Overall gain."""
    tgc_dB_cm: float = 3.2
    """Time gain compensation per centimetre of depth."""
    gamma: float = 1.0
    """Exponent of the grey curve; above 1 darkens the middle."""
    noise_dB: float = -46.0
    """Receiver noise at the probe's face, before time gain compensation."""
    persistence: float = 0.25
    """Share of the previous frame that is kept."""
    smoothing: float = 0.5
    """Standard deviation in samples of the scanner's speckle filter."""

    @property
    def wavelength_mm(self) -> float:
        """Wavelength at the centre frequency."""
        return SOUND_MM_US / self.frequency_mhz

    def beam_fwhm_mm(self, depth_mm: float) -> float:
        """Lateral beam width: wavelength times the f-number, which grows with depth."""
        return 1.3 * self.wavelength_mm * max(depth_mm, 25.0) / self.aperture_mm

    @cached_property
    def gain_R(self) -> Floats:
        """Amplitude factor of gain and time gain compensation along a line."""
        depth_cm_R = (self.fan.radii_R - self.fan.radius_mm) / 10
        return _amplitude(np.minimum(self.tgc_dB_cm * depth_cm_R, 38) + self.gain_dB)

    def compress(self, envelope_RL: Floats) -> Floats:
        """Envelope amplitude (muscle is 1) to grey levels 0 to 255."""
        level_RL = (20 / self.dynamic_range_dB) * np.log10(envelope_RL + 1e-6)
        grey_RL = np.clip(level_RL + 0.5, 0, 1)
        return np.asarray(255 * grey_RL**self.gamma, np.float32)


class Beam:
    """Pulse and beam as matrices: two products blur a frame, wider with depth.

    Rows are scaled so that scatterers of unit variance and the given correlation
    length come out with unit variance, whatever the depth.
    """

    def __init__(self, device: Device, grain_mm: float) -> None:
        fan = device.fan
        pulse_mm = 1.1 * device.wavelength_mm / 2.355 * 2
        self._pulse_RR = _blur(fan.samples, fan.step_mm, pulse_mm, grain_mm)
        turn = float(fan.angles_L[1] - fan.angles_L[0])
        zones = fan.radii_R.reshape(ZONES, -1).mean(1)
        self._beam_ZLL = np.stack(
            [
                _blur(
                    fan.lines,
                    float(radius) * turn,
                    device.beam_fwhm_mm(float(radius) - fan.radius_mm) / 2.355,
                    grain_mm,
                    sidelobe_dB=_SIDELOBE_DB,
                ).T
                for radius in zones
            ]
        )

    def __call__(self, echoes_RL: npt.NDArray[np.complex64]) -> Floats:
        """Blur complex echoes and return their envelope, shape (R, L)."""
        samples, lines = echoes_RL.shape
        pulsed = self._pulse_RR @ echoes_RL.view(np.float32)
        parts = np.ascontiguousarray(
            np.moveaxis(pulsed.reshape(samples, lines, 2), 2, 0)
        )
        beamed = parts.reshape(2, ZONES, -1, lines) @ self._beam_ZLL
        envelope: Floats = np.hypot(beamed[0], beamed[1]).reshape(samples, lines)
        return envelope


def transmission(loss_RL: Floats, step_mm: float) -> Floats:
    """Amplitude left after the way there and back, from loss in dB/cm one way."""
    return _amplitude(np.cumsum(loss_RL, axis=0) * (-2 * step_mm / 10))


def _amplitude(level_dB: npt.ArrayLike) -> Floats:
    level = np.asarray(level_dB, np.float32) * np.float32(np.log(10) / 20)
    return np.asarray(np.exp(level), np.float32)


def _blur(
    count: int,
    step_mm: float,
    sigma_mm: float,
    grain_mm: float,
    sidelobe_dB: float | None = None,
) -> Floats:
    """Gaussian blur as a matrix (count, count) of unit output variance."""
    distance = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) * step_mm
    kernel = np.exp(-0.5 * (distance / sigma_mm) ** 2)
    if sidelobe_dB is not None:
        wide = np.exp(-distance / (8 * sigma_mm))
        kernel += 10 ** (sidelobe_dB / 20) * wide
    alike = np.exp(-0.25 * (distance / grain_mm) ** 2)
    power = np.einsum("ij,jk,ik->i", kernel, alike, kernel, optimize=True)
    return np.asarray(kernel / np.sqrt(power)[:, None], np.float32)
