"""Everything that predictions of standard planes depend on, declared once."""

from dataclasses import dataclass, field
from typing import Final, Literal

from insonify.core.errors import ConfigError
from insonify.transfer.course import FineTune
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.plan import check_lists, check_rates

_SHOT_PROTOCOLS: Final = frozenset({"knn", "linear", "prototype"})


@dataclass(frozen=True, kw_only=True)
class PlanesOptions:
    """Everything that predictions depend on besides store and checkpoints."""

    task: str
    """Labels to predict, such as ``plane``; `insonify doctor` lists a store's tasks."""
    split: str
    """Split that says who trains and who is tested; made by `insonify split`."""
    protocols: tuple[
        Literal["knn", "linear", "prototype", "layers", "finetune"], ...
    ] = ("knn", "linear")
    """How frames become classes. On the frozen encoder: nearest neighbours, a linear
    probe, the nearest class mean (prototype), or a linear probe of each of its layers.
    finetune: encoder and head learn together, which takes hours without a GPU."""
    knn: KNN = field(default_factory=KNN)
    """Options of the nearest neighbours; prototype has their temperature."""
    linear: LinearProbe = field(default_factory=LinearProbe)
    """Options of the linear probe."""
    finetune: FineTune = field(default_factory=FineTune)
    """Options of fine-tuning."""
    background: str | None = "background"
    """Class, where there is one of this name, that fine-tuning is shown as often as all
    others together; None: no class is special."""
    fractions: tuple[float, ...] = (1.0,)
    """Shares of the labelled training and validation subjects to learn from."""
    shots: tuple[int, ...] | None = None
    """Besides, learn from so few subjects of each class, such as 1 5 10, by knn, linear
    and prototype; no validation subject is looked at. None: do not."""
    shot_frames: int | None = None
    """Frames of the class that are taken of each such subject; None: 1."""
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
        check_rates(self.finetune, self.protocols)
        self._check_shots()

    def _check_shots(self) -> None:
        shots, frames = self.shots, self.shot_frames
        if shots is not None:
            if not shots or min(shots) < 1 or len(set(shots)) < len(shots):
                raise ConfigError(
                    f"shots needs numbers of at least 1, each once; found {shots}"
                )
            if not set(self.protocols) & _SHOT_PROTOCOLS:
                raise ConfigError(
                    f"shots go with {', '.join(sorted(_SHOT_PROTOCOLS))}; found "
                    f"protocols {', '.join(self.protocols)}"
                )
        if frames is not None and (shots is None or frames < 1):
            raise ConfigError(
                f"shot_frames must be at least 1 and goes with shots, found {frames} "
                f"and shots {shots}"
            )
