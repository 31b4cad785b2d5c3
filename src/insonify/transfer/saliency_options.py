"""Everything that predicted saliency maps depend on, declared once."""

from dataclasses import dataclass, field
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.train.optimisation import Optimisation
from insonify.transfer.course import FineTune
from insonify.transfer.plan import check_lists


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """How a saliency head learns on feature maps that stay as they are."""

    steps: int = 800
    """Steps in all."""
    batch: int = 16
    """Frames a step."""
    optimisation: Optimisation = field(default_factory=Optimisation)
    """How the head's weights are changed."""
    looks: int = 8
    """How often the head is tried on validation subjects; the best is taken."""

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.looks) < 1:
            raise ConfigError(
                "steps, batch and looks must be at least 1, found "
                f"{self.steps}, {self.batch} and {self.looks}"
            )


@dataclass(frozen=True, kw_only=True)
class SaliencyOptions:
    """Everything that maps depend on besides store and checkpoints."""

    split: str
    """Split that says who trains and who is tested; made by `insonify split`."""
    task: str = "gaze"
    """What the maps are called in the predictions file."""
    window_s: float = 0.2
    """Seconds around a frame whose gaze counts for it."""
    protocols: tuple[Literal["frozen", "finetune"], ...] = ("frozen", "finetune")
    """Learn a head on the frozen encoder, or encoder and head together (the paper's
    way, which takes hours without a GPU)."""
    output_stride: Literal[8, 16, 32] = 8
    """Pixels of a view to a cell of the map (paper: 8, 28 x 36 cells); stages of the
    encoder are dilated for it, with the same weights."""
    centre_bias: bool = False
    """Let every head begin with the static map of the training subjects and learn what
    to add; else it must learn the centre too, as in the paper."""
    frozen: Decoder = field(default_factory=Decoder)
    """Options of the head on the frozen encoder."""
    finetune: FineTune = field(default_factory=FineTune)
    """Options of fine-tuning; its margin says, for all protocols, what a view is."""
    fractions: tuple[float, ...] = (1.0,)
    """Shares of the training subjects to learn from."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the drawn subjects and of untrained weights."""
    frames_per_video: int = 32
    """Frames of a video with gaze, evenly spaced; 0 takes all. All their feature maps
    are held in memory while a head learns on them."""
    batch: int = 64
    """Frames encoded at a time; changes speed and memory only."""

    def __post_init__(self) -> None:
        check_lists(
            protocols=self.protocols, fractions=self.fractions, seeds=self.seeds
        )
        if self.frames_per_video < 0 or self.batch < 1 or self.window_s <= 0:
            raise ConfigError(
                "frames_per_video must be at least 0, batch at least 1 and window_s "
                "positive"
            )

    def shape_hw(self, size: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the map of a view."""
        rows, columns = (-(-side // self.output_stride) for side in size)
        return rows, columns
