"""How a subject's scanner is set: its fan, frequency, gain and grey curve."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from insonify.phantom.acoustics import Device
from insonify.phantom.geometry import Fan


@dataclass(frozen=True, kw_only=True)
class Look:
    """One scanner: what stays the same while depth and view change."""

    device: Device
    """Everything but the depth, which follows the view."""
    maker: str
    """Fictitious name on the screen."""
    probe: str
    """Fictitious probe on the screen."""
    photometric: Literal["MONOCHROME2", "YBR_FULL_422"]
    """How its DICOM files store grey."""

    def at_depth(self, depth_mm: float) -> Device:
        """The device set to a depth."""
        return replace(self.device, fan=replace(self.device.fan, depth_mm=depth_mm))


def draw_look(seed: int, number: int, size: tuple[int, int]) -> Look:
    """Draw the scanner of subject ``number``."""
    generator = np.random.default_rng((seed, 2, number))
    fan = Fan(
        radius_mm=float(generator.uniform(42, 60)),
        angle_deg=float(generator.uniform(60, 74)),
        size=size,
    )
    device = Device(
        fan=fan,
        frequency_mhz=float(generator.uniform(3.4, 5.2)),
        aperture_mm=float(generator.uniform(20, 27)),
        dynamic_range_dB=float(generator.uniform(52, 64)),
        gain_dB=float(generator.uniform(-1, 6)),
        tgc_dB_cm=float(generator.uniform(2.9, 3.4)),
        gamma=float(generator.uniform(1.1, 1.4)),
        noise_dB=float(generator.uniform(-64, -56)),
        persistence=float(generator.uniform(0.0, 0.2)),
        smoothing=float(generator.uniform(0.3, 0.8)),
    )
    return Look(
        device=device,
        maker=("SONOPHANT", "ECHO-7", "INSONIFY")[number % 3],
        probe=("C5-2", "AB2-7", "RAB4-8")[number % 3],
        photometric="MONOCHROME2" if number % 2 else "YBR_FULL_422",
    )
