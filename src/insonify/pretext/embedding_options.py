"""What a joint embedding can be told, and which of it goes together."""

from dataclasses import dataclass
from typing import Final, Literal

from insonify.core.errors import ConfigError
from insonify.pretext.warped_views import WarpedViews

MethodName = Literal[
    "simclr", "mocov3", "byol", "simsiam", "barlow", "vicreg", "dino", "uscl"
]
_TEMPERED: Final = ("simclr", "uscl", "mocov3")
_LEVELLED: Final = ("simclr", "uscl")
_TAUGHT: Final = ("mocov3", "byol", "dino")


@dataclass(frozen=True, kw_only=True)
class EmbeddingOptions(WarpedViews):
    """The options of :class:`insonify.pretext.embedding.JointEmbedding`."""

    method: MethodName = "simclr"
    """What keeps views of a clip together and collapse away. uscl also blends frames:
    each is mixed with one more of its clip before its warp."""
    hidden: int = 512
    """Hidden units of projection and prediction (the papers': 2048 to 8192)."""
    outputs: int = 128
    """Outputs of the projection (the papers': 128 to 8192; DINO 65536)."""
    temperature: float | None = None
    """How softly simclr, uscl and mocov3 tell clips apart; None: 0.1, 0.1 and 0.2."""
    levels: int = 1
    """Last stages of the encoder whose pooled maps are embedded: each agrees with its
    like in other views and with their last stage (HiCo, Zhang et al., ACCV 2022,
    without its softened targets). 1: features alone; more for simclr and uscl."""
    alike: str | None = None
    """Labels that make clips alike: those of one class are known as one thing, as views
    of one clip are, those without a label as ever (AWCL, Fu et al., ECCV workshops
    2022; supervised contrast, Khosla et al., NeurIPS 2020). Such an encoder has seen
    labels. None: no labels; else for simclr."""
    apart: tuple[str, ...] = ("background",)
    """Classes of ``alike`` whose clips are not alike."""
    teacher_momentum: float = 0.99
    """Share of its weights that the teacher of mocov3, byol and dino keeps each step
    (the papers': 0.99 to 0.996, over many more steps)."""

    def __post_init__(self) -> None:
        if self.shown < 2:
            raise ConfigError(f"embedding.shown must be 2 or more, found {self.shown}")
        if self.frames < self.drawn and not self.same_frame:
            raise ConfigError(
                f"{self.method} shows {self.drawn} frames of a clip, found frames "
                f"{self.frames}; take more, or same_frame"
            )
        if min(self.hidden, self.outputs) < 1 or not 0 <= self.teacher_momentum < 1:
            raise ConfigError(
                "hidden and outputs must be at least 1, teacher_momentum in [0, 1)"
            )
        self._check_temperature()
        self._check_kin()

    @property
    def momentum(self) -> float | None:
        """Of the teacher; None where the method has none."""
        return self.teacher_momentum if self.method in _TAUGHT else None

    @property
    def drawn(self) -> int:
        """Frames that make the views."""
        return self.shown + (self.method == "uscl")

    def _check_temperature(self) -> None:
        if self.temperature is None:
            return
        if self.method not in _TEMPERED or self.temperature <= 0:
            raise ConfigError(
                f"temperature must be positive for {', '.join(_TEMPERED)} and None for "
                f"other methods; found {self.temperature} for {self.method}"
            )

    def _check_kin(self) -> None:
        if self.levels < 1 or (self.levels > 1 and self.method not in _LEVELLED):
            raise ConfigError(
                f"levels must be at least 1, and 1 unless the method is one of "
                f"{', '.join(_LEVELLED)}; found {self.levels} for {self.method}"
            )
        if self.alike is not None and (self.method != "simclr" or self.levels > 1):
            raise ConfigError(
                "alike goes with method simclr and levels 1; found "
                f"{self.method} and {self.levels}"
            )
