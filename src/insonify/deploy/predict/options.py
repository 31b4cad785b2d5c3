"""Options of prediction: what is written of each scan."""

from dataclasses import dataclass, field
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.ingest.clean import CleanOptions

Format = Literal["parquet", "csv"]


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """What is written of each scan."""

    format: Format = "parquet"
    """How the table of frames is written."""
    smooth_s: float = 0.2
    """Seconds around a frame over which probabilities are averaged to find key frames;
    the table of frames holds them as they are. 0 averages nothing."""
    key_frames: int = 1
    """Key frames of each class and scan, each of another stretch; 0 writes none."""
    saliency: bool = False
    """Write a video of each scan with heat where one would look, and probabilities."""
    cleaning: CleanOptions = field(default_factory=CleanOptions)
    """How files are cleaned; a store's videos are clean."""

    def __post_init__(self) -> None:
        if self.smooth_s < 0 or self.key_frames < 0:
            raise ConfigError(
                f"--smooth-s and --key-frames must be at least 0, found "
                f"{self.smooth_s:g} and {self.key_frames}"
            )
