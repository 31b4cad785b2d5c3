"""Everything that predicted saliency maps depend on, declared once."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from insonify.core.errors import ConfigError
from insonify.train.optimisation import Optimisation
from insonify.transfer.course import FineTune
from insonify.transfer.knn import KNN
from insonify.transfer.plan import check_lists, check_rates
from insonify.transfer.saliency_linear import LinearReadout

_GO_WITH: Final = {
    "linear_grid": {"linear", "layers"},
    "knn_k": {"knn"},
    "knn_temperature": {"knn"},
}
"""Protocols that read an option; without them it would do nothing."""


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
    protocols: tuple[Literal["frozen", "linear", "knn", "layers", "finetune"], ...] = (
        "frozen",
        "finetune",
    )
    """On the frozen encoder: learn a decoder (frozen) or a 1x1 convolution (linear),
    average the maps of the most alike training frames (knn), or learn a 1x1 convolution
    on each of its layers, whose maps are all held in memory. finetune: encoder and head
    learn together (the paper's way, which takes hours without a GPU)."""
    output_stride: Literal[8, 16, 32] = 8
    """Pixels of a view to a cell of the map (paper: 8, 28 x 36 cells); stages of the
    encoder are dilated for it, with the same weights."""
    centre_bias: bool = False
    """Let every head begin with the static map of the training subjects and learn what
    to add; else it must learn the centre too, as in the paper."""
    frozen: Decoder = field(default_factory=Decoder)
    """Options of the head on the frozen encoder."""
    linear_grid: tuple[float, ...] | None = None
    """Inverse strengths of the penalty of linear and layers, to choose from on
    validation subjects; None: 1e-4 to 10."""
    knn_k: int | None = None
    """Frames whose maps knn averages; None: 20, as for planes."""
    knn_temperature: float | None = None
    """Lower lets the most alike frames count more; None: 0.07, as for planes."""
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
        check_rates(self.finetune, self.protocols)
        self._check_unused()
        _ = self.knn, self.linear  # Each refuses what is out of range.

    def _check_unused(self) -> None:
        """Refuse options of protocols that are not there."""
        for name, wanted in _GO_WITH.items():
            if getattr(self, name) is not None and not wanted & set(self.protocols):
                raise ConfigError(
                    f"{name} goes with {' or '.join(sorted(wanted))}; found protocols "
                    f"{', '.join(self.protocols)}"
                )

    @property
    def knn(self) -> KNN:
        """The nearest neighbours.

        Raises:
            ConfigError: an option is out of range.
        """
        known = KNN()
        if self.knn_k is not None:
            known = replace(known, k=self.knn_k)
        if self.knn_temperature is not None:
            known = replace(known, temperature=self.knn_temperature)
        return known

    @property
    def linear(self) -> LinearReadout:
        """The linear readout.

        Raises:
            ConfigError: the grid is out of range.
        """
        grid = self.linear_grid
        return LinearReadout() if grid is None else LinearReadout(grid=grid)

    def shape_hw(self, size: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the map of a view."""
        rows, columns = (-(-side // self.output_stride) for side in size)
        return rows, columns
