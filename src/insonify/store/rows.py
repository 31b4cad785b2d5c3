"""What the rows of a store hold, and the schemas of its tables."""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from insonify.core.errors import ConfigError
from insonify.store.codec import Codec

FORMAT: Final = 2
"""Version of the layout below; raised when an old store can no longer be read."""


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """What is fixed when a store is created."""

    codec: Codec = "jpeg"
    """How frames are encoded: jpeg (small, lossy), png (lossless) or raw (fastest)."""
    quality: int = 95
    """JPEG quality, 1 to 100; ignored by the other codecs."""
    size: int = 256
    """Short side of the image area in pixels, to which ingest resizes."""

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise ConfigError(f"quality must be from 1 to 100, found {self.quality}")
        if self.size < 16:
            raise ConfigError(f"size must be at least 16 pixels, found {self.size}")


@dataclass(frozen=True, kw_only=True)
class Label:
    """What is known of a stretch of a video."""

    video: str
    """The video's keyed content hash."""
    task: str
    """What the label is about, such as ``plane`` or ``zone``."""
    label: str
    """The class's name."""
    start_s: float | None = None
    """First second the label holds for; None from the beginning."""
    end_s: float | None = None
    """Last second the label holds for; None to the end."""


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A source file that was refused."""

    file: str
    """Keyed fingerprint of the file; never its name."""
    reason: str
    """What was found and what to do."""


@dataclass(frozen=True, kw_only=True)
class VideoEntry:
    """A video whose frames are written but not yet visible to readers."""

    row: dict[str, object]
    """The row that :meth:`Store.commit` adds to the table of videos."""
    fragments: tuple[str, ...]
    """Lance fragments that hold its frames, as JSON."""


WRITE: Final = pa.field("write", pa.int64())
"""Which write of a video a row belongs to (see ``writes.py``). Stores made before
there were several writers lack it, or have null in it: both are read as 0."""
_IMAGE: Final = pa.field(
    "image",
    pa.large_binary(),
    # A codec has done that: to try it again took five times as long as writing.
    metadata={"lance-encoding:compression": "none"},
)
FRAMES = pa.schema(
    [
        ("video", pa.string()),
        ("index", pa.int32()),
        ("time_s", pa.float64()),
        ("segment", pa.int32()),
        ("motion", pa.float32()),
        _IMAGE,
        WRITE,
    ]
)
VIDEOS = pa.schema(
    [
        ("video", pa.string()),
        ("file", pa.string()),
        ("subject", pa.string()),
        ("exam", pa.string()),
        ("frames", pa.int32()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("rectangle", pa.list_(pa.int32(), 4)),
        ("spacing_mm", pa.list_(pa.float64(), 2)),
        ("source_shape", pa.list_(pa.int32(), 2)),
        ("crop", pa.list_(pa.int32(), 4)),
        ("duration_s", pa.float64()),
        ("facts", pa.string()),
        WRITE,
    ]
)
LABELS = pa.schema(
    [
        ("video", pa.string()),
        ("task", pa.string()),
        ("label", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        WRITE,
    ]
)
REJECTS = pa.schema([("file", pa.string()), ("reason", pa.string())])
SPLITS = pa.schema(
    [("split", pa.string()), ("subject", pa.string()), ("part", pa.string())]
)
GAZE = pa.schema(
    [
        ("video", pa.string()),
        ("time_s", pa.float64()),
        ("right", pa.float32()),
        ("down", pa.float32()),
        ("sigma_right", pa.float32()),
        ("sigma_down", pa.float32()),
        WRITE,
    ]
)
REVIEWS = pa.schema(
    [
        ("video", pa.string()),
        ("task", pa.string()),
        ("label", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("author", pa.string()),
        ("unix_ms", pa.int64()),
        ("event", pa.string()),
        ("undoes", pa.string()),
    ]
)
SCHEMAS: Final = {
    "frames": FRAMES,
    "videos": VIDEOS,
    "labels": LABELS,
    "gaze": GAZE,
    "rejects": REJECTS,
    "splits": SPLITS,
}
"""Tables that every store has."""
OPTIONAL: Final = {"reviews": REVIEWS}
"""Tables that are made when something first goes into them."""
