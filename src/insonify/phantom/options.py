"""What a user can choose about a phantom data set."""

from dataclasses import dataclass
from typing import Literal

from insonify.core.errors import ConfigError

Format = Literal["mp4", "dicom"]


@dataclass(frozen=True, kw_only=True)
class PhantomOptions:
    """What is drawn and written."""

    subjects: int = 6
    """Fetuses, each with one exam."""
    sweeps: int = 4
    """Sweeps of each exam; four go once round all 13 standard planes."""
    seconds: float = 15.0
    """Length of a sweep, freezes not counted."""
    fps: float = 30.0
    """Frames a second."""
    size: tuple[int, int] = (224, 288)
    """Rows and columns of the ultrasound image; the screen around it is larger."""
    formats: tuple[Format, ...] = ("mp4", "dicom")
    """File formats, taken in turn from sweep to sweep: mp4 is a recording of the
    scanner's screen, dicom a clean cine of each approach to the fetus. All of them say
    of themselves that they are synthetic."""
    interruptions: bool = True
    """Whether screen recordings have freezes, calipers, colour boxes and lift-offs."""
    gaze: bool = True
    """Whether a sonographer's gaze is simulated over the screen recordings."""
    seed: int = 0
    """The same seed and options give the same files, byte for byte."""

    def __post_init__(self) -> None:
        if min(self.subjects, self.sweeps) < 1:
            raise ConfigError(
                f"phantom: subjects and sweeps must be at least 1, found "
                f"{self.subjects} and {self.sweeps}; raise them"
            )
        if not (self.seconds >= 1 and 5 <= self.fps <= 120):
            raise ConfigError(
                f"phantom: seconds must be at least 1 and fps 5 to 120, found "
                f"{self.seconds:g} and {self.fps:g}; correct them"
            )
        if min(self.size) < 64 or self.size[0] % 2 or self.size[1] % 2:
            raise ConfigError(
                f"phantom: size must be even and at least 64, found {self.size}; "
                "H.264 halves the colour planes"
            )
        if not self.formats:
            raise ConfigError("phantom: no formats; name mp4, dicom or both")
