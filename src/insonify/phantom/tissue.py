"""Acoustic tissues: how much they scatter, how much they swallow, how uneven they are.

Levels are set by eye against the 13 SonoNet example planes; losses follow the usual
0.3 to 0.7 dB/cm/MHz of soft tissue at about 4 MHz, and bone is thinned to what lets a
second-trimester skull be looked through.
"""

from typing import NamedTuple


class Tissue(NamedTuple):
    """One tissue.

    Attributes:
        echo_dB: Scattering level relative to muscle.
        loss_dB_cm: One-way attenuation in decibels a centimetre.
        lump: Strength of the coarse unevenness, as the sd of log amplitude.
    """

    echo_dB: float
    loss_dB_cm: float
    lump: float

    @property
    def echo(self) -> float:
        """Scattering amplitude relative to muscle."""
        return float(10 ** (self.echo_dB / 20))

    def brighter(self, shift_dB: float) -> "Tissue":
        """The same tissue, scattering more."""
        return self._replace(echo_dB=self.echo_dB + shift_dB)


FLUID = Tissue(-52, 0.1, 0.0)
BLOOD = Tissue(-38, 0.4, 0.1)
VESSEL_WALL = Tissue(2, 1.5, 0.1)
MATERNAL = Tissue(-3, 1.9, 0.6)
FAT = Tissue(-7, 1.7, 0.5)
MYOMETRIUM = Tissue(-6, 1.9, 0.35)
PLACENTA = Tissue(-1, 1.7, 0.3)
SKIN = Tissue(4, 2.2, 0.15)
MUSCLE = Tissue(-7, 2.0, 0.35)
BRAIN = Tissue(-18, 1.2, 0.35)
DEEP_BRAIN = Tissue(-24, 1.2, 0.2)
MIDLINE = Tissue(-1, 1.5, 0.3)
FALX = Tissue(3, 1.5, 0.25)
CHOROID = Tissue(3, 1.8, 0.25)
CEREBELLUM = Tissue(-17, 1.2, 0.15)
LUNG = Tissue(-3, 1.8, 0.18)
LIVER = Tissue(-9, 1.7, 0.15)
BOWEL = Tissue(-5, 2.0, 0.6)
KIDNEY = Tissue(-17, 1.7, 0.2)
HEART_WALL = Tissue(-7, 1.8, 0.2)
VALVE = Tissue(4, 1.5, 0.1)
CARTILAGE = Tissue(-16, 2.0, 0.2)
BONE = Tissue(18, 32.0, 0.1)
SKULL = Tissue(12, 20.0, 0.2)
RIB = Tissue(9, 14.0, 0.1)
