"""How gaze is imported: which files, whose, and where on the videos it belongs."""

import math
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box
from insonify.ingest.folder.walk import walk
from insonify.ingest.gaze.eyelink import read_eyelink
from insonify.ingest.gaze.readers import READERS, GazeFormat
from insonify.ingest.gaze.samples import GazeSamples


@dataclass(frozen=True, kw_only=True)
class PlacingOptions:
    """When and where on a video somebody looked."""

    offset_s: float = 0.0
    """Seconds on the tracker's clock when the video's first frame was shown."""
    drift: float = 0.0
    """Share by which the video's clock is the faster one: its time is (tracker's time
    - offset) x (1 + drift)."""
    screen: tuple[int, int] | None = None
    """Rows and columns of the screen; None: what the gaze file says, or else those of
    the recording."""
    capture: tuple[int, int, int, int] | None = None
    """Top, left, bottom and right pixel of the part of the screen that the recording
    shows; None: what the gaze file says, or else all of it."""
    distance_cm: float | None = None
    """From the eyes to the screen; None: what the gaze file says, or else 60."""
    px_per_cm: float | None = None
    """Pixels of the screen in a centimetre; None: what the gaze file says."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offset_s) and self.drift > -1):
            raise ConfigError("--offset-s must be a number, --drift greater than -1")
        for name in ("distance_cm", "px_per_cm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                option = name.replace("_", "-")
                raise ConfigError(f"--{option} must be positive, found {value}")
        if self.screen is not None and min(self.screen) < 1:
            raise ConfigError(f"--screen {self.screen}: give rows and columns")
        if self.capture is not None:
            box = Box(*self.capture)
            if not (box.top < box.bottom and box.left < box.right):
                raise ConfigError(
                    f"--capture {self.capture} is empty; give top, left, bottom, right"
                )


@dataclass(frozen=True, kw_only=True)
class GazeImportOptions:
    """Which gaze is read, and how it is put onto the videos."""

    gaze: Path
    """A file of an eye tracker, or a folder that is searched to any depth."""
    format: GazeFormat
    """neutral (CSV: path, t_s, x, y, valid), bids (eye tracking), tobii (Pro Lab TSV),
    eyelink (ASC) or gazepoint (CSV of all gaze)."""
    video: str | None = None
    """Path, relative to SOURCE, of the video that the gaze belongs to: for files that
    name none."""
    sync: str = "SYNCTIME"
    """Text of the EyeLink message that marks the first frame of the video."""
    key: Path | None = None
    """File with the site's secret key; None: as for `insonify ingest`."""
    placing: PlacingOptions = field(default_factory=PlacingOptions)
    """When and where on the video somebody looked."""
    overwrite: bool = False
    """Replace the gaze that videos have already."""

    def read(self, path: Path) -> list[GazeSamples]:
        """Read a file.

        Raises:
            IngestError: it is not of the format, or of several videos and not of one.
        """
        read = READERS[self.format].read
        if self.format == "eyelink":
            read = partial(read_eyelink, sync=self.sync)
        found = read(path)
        if self.video and len(found) > 1:
            raise IngestError(
                f"it holds {len(found)} recordings, --video names one; leave it out"
            )
        return found

    def files(self) -> list[Path]:
        """The files to read.

        Raises:
            ConfigError: there is none, or more than --video can name.
        """
        if not self.gaze.exists():
            raise ConfigError(f"{self.gaze}: no such file or folder")
        ending = READERS[self.format].ending
        found = [self.gaze]
        if self.gaze.is_dir():
            found = [
                path for path in walk(self.gaze, set()) if path.name.endswith(ending)
            ]
        if not found:
            raise ConfigError(f"{self.gaze}: no file *{ending}; name another --format")
        if self.video and len(found) > 1:
            raise ConfigError(
                f"{self.gaze}: {len(found)} files, --video names one; import one file "
                "at a time"
            )
        return found
