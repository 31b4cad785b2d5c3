"""Everything that an encoder pretrained on gaze depends on, declared once."""

from dataclasses import dataclass
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.transfer.course import Course


@dataclass(frozen=True, kw_only=True)
class GazeOptions(Course):
    """Everything that such an encoder depends on besides the store."""

    split: str
    """Split whose training subjects to learn from; made by `insonify split`."""
    fold: int = 0
    """Fold of the split."""
    objective: Literal["saliency", "point"] = "saliency"
    """Predict the saliency map, or regress the mean point that was looked at."""
    architecture: str = "resnet18"
    """Backbone: seresnext50_half (the paper's) or any name of timm."""
    size: tuple[int, int] = (112, 144)
    """Rows and columns of the views."""
    learning_rate: float = 0.04
    """Learning rate of stochastic gradient descent (paper: four times that of
    pretrained weights)."""
    seed: int = 0
    """Seed of weights, frames and augmentation."""
    window_s: float = 0.2
    """Seconds around a frame whose gaze counts for it."""
    frames_per_video: int = 32
    """Frames of a video with gaze, evenly spaced; 0 takes all."""
    output_stride: Literal[8, 16, 32] = 8
    """Pixels of a view to a cell of the saliency map."""
    checkpoint_every: int = 200
    """Steps between checkpoints to resume from."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.size) < 16 or self.frames_per_video < 0:
            raise ConfigError(
                "size must be at least 16 pixels and frames_per_video at least 0"
            )
        if self.checkpoint_every < 1:
            raise ConfigError("checkpoint_every must be at least 1")
