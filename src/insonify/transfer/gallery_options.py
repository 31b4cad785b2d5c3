"""Everything that a gallery depends on besides store and checkpoint, declared once."""

from dataclasses import dataclass
from typing import Literal

from insonify.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class GalleryOptions:
    """Which frames are shown, and how they are arranged."""

    split: str
    """Split whose held-out subjects are shown; made by `insonify split`."""
    fold: int = 0
    """Fold of the split."""
    role: Literal["test", "validation"] = "test"
    """Whose frames are shown: the fold's test or validation subjects."""
    task: str | None = None
    """Show frames with a label of this task, such as ``plane``, as many of each class
    as can be; None: any frames, without labels."""
    untrained: bool = False
    """Let fresh weights, drawn with the seed, arrange the frames in place of the
    run's, for comparison."""
    frames: int = 1500
    """Number of frames at most, drawn evenly over classes, subjects and videos."""
    neighbours: int = 5
    """Most alike frames of other subjects to keep for each frame, one a video."""
    thumbnail: tuple[int, int] = (48, 60)
    """Rows and columns of the small picture of each frame."""
    perplexity: float | None = None
    """About how many frames t-SNE takes for the surroundings of one; None: 30, or a
    third of the frames where there are fewer than 91."""
    seed: int = 0
    """Seed of the drawn frames, of the map and of untrained weights."""
    batch: int = 64
    """Frames encoded at a time; changes speed and memory only."""

    def __post_init__(self) -> None:
        least = {"frames": 4, "neighbours": 1, "seed": 0, "batch": 1}
        for name, bound in least.items():
            if (found := getattr(self, name)) < bound:
                raise ConfigError(f"{name} must be at least {bound}, found {found}")
        if min(self.thumbnail) < 8:
            raise ConfigError(
                f"a thumbnail has at least 8 rows and columns, found {self.thumbnail}"
            )
