"""Everything that predictions of standard planes depend on, declared once."""

from dataclasses import dataclass, field
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.transfer.course import FineTune
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.plan import check_lists


@dataclass(frozen=True, kw_only=True)
class PlanesOptions:
    """Everything that predictions depend on besides store and checkpoints."""

    task: str
    """Labels to predict, such as ``plane``; `insonify doctor` lists a store's tasks."""
    split: str
    """Split that says who trains and who is tested; made by `insonify split`."""
    protocols: tuple[Literal["knn", "linear", "finetune"], ...] = ("knn", "linear")
    """How frames become classes: nearest neighbours or a linear probe on the frozen
    encoder, or encoder and head fine-tuned together, which takes hours without a
    GPU."""
    knn: KNN = field(default_factory=KNN)
    """Options of the nearest neighbours."""
    linear: LinearProbe = field(default_factory=LinearProbe)
    """Options of the linear probe."""
    finetune: FineTune = field(default_factory=FineTune)
    """Options of fine-tuning."""
    background: str | None = "background"
    """Class, where there is one of this name, that fine-tuning is shown as often as all
    others together; None: no class is special."""
    fractions: tuple[float, ...] = (1.0,)
    """Shares of the labelled training and validation subjects to learn from."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the drawn subjects and of untrained weights."""
    frames_per_video: int = 32
    """Labelled frames of a video, evenly spaced, so that long videos do not dominate;
    0 takes all."""
    batch: int = 64
    """Frames encoded at a time; changes speed and memory only."""

    def __post_init__(self) -> None:
        check_lists(
            protocols=self.protocols, fractions=self.fractions, seeds=self.seeds
        )
        if self.frames_per_video < 0 or self.batch < 1:
            raise ConfigError(
                "frames_per_video must be at least 0 and batch at least 1"
            )
