"""Do frames of a clip, each warped, look alike to the encoder?

The joint-embedding methods, as tasks in the same harness as the paper's: the same clips
and augmentation; :mod:`insonify.pretext.embedding_methods` names their papers.

Legend: B batch, T frames, S shown frames, V views, N frames of a batch, H rows,
W columns, E outputs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext import embedding_methods as methods
from insonify.pretext.baselines import likest
from insonify.pretext.embedding_head import EmbeddingHead, LevelsHead, Method
from insonify.pretext.frame_order import shuffle
from insonify.pretext.task import Answer
from insonify.pretext.warped_views import WarpedViews

MethodName = Literal[
    "simclr", "mocov3", "byol", "simsiam", "barlow", "vicreg", "dino", "uscl"
]
_METHODS: Final[dict[MethodName, Callable[..., Method]]] = {
    "simclr": methods.simclr,
    "mocov3": methods.mocov3,
    "byol": methods.byol,
    "simsiam": methods.simsiam,
    "barlow": methods.barlow,
    "vicreg": methods.vicreg,
    "dino": methods.dino,
    "uscl": methods.uscl,
}
_TEMPERED: Final = ("simclr", "uscl", "mocov3")
_LEVELLED: Final = ("simclr", "uscl")
_TAUGHT: Final = ("mocov3", "byol", "dino")


@dataclass(frozen=True, kw_only=True)
class JointEmbedding(WarpedViews):
    """Show frames of a clip, each warped; want the same of all, of no other clip."""

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
        if self.frames < self._drawn and not self.same_frame:
            raise ConfigError(
                f"{self.method} shows {self._drawn} frames of a clip, found frames "
                f"{self.frames}; take more, or same_frame"
            )
        self._check_temperature()
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
        if min(self.hidden, self.outputs) < 1 or not 0 <= self.teacher_momentum < 1:
            raise ConfigError(
                "hidden and outputs must be at least 1, teacher_momentum in [0, 1)"
            )

    @property
    def momentum(self) -> float | None:
        """Of the teacher; None where the method has none."""
        return self.teacher_momentum if self.method in _TAUGHT else None

    @property
    def chance(self) -> dict[str, float]:
        return {"retrieval": 0.0}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the frames (B, S) and the warp of each view, (B, V, 5).

        For uscl the last frame is blended into all views; what is left of their own
        has a share (B,) from Beta(½, ½), as in its code: sin² of a uniform angle.
        """
        answer = self.draw(batch, self._drawn, generator)
        if self.method == "uscl":
            angle_B = torch.rand(batch, generator=generator) * math.pi / 2
            answer["blend"] = angle_B.sin().square()
        return answer

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """The views of each clip: (B, V, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        frames_BSHW = shuffle(clips_BTHW, answer["shown"])
        if "blend" in answer:
            share_B111 = answer["blend"].to(frames_BSHW)[:, None, None, None]
            own_BVHW, common_B1HW = frames_BSHW[:, :-1], frames_BSHW[:, -1:]
            frames_BSHW = share_B111 * own_BVHW + (1 - share_B111) * common_B1HW
        return self.warped(frames_BSHW, answer)

    def head(self, dim: int) -> nn.Module:
        """Projection, prediction and centre of the method.

        Raises:
            ConfigError: ``lightly`` is not installed.
        """
        if self.reads_maps:
            return self.map_head((dim,) * self.levels)
        return EmbeddingHead(self._made, dim, self.hidden, self.outputs)

    @property
    def reads_maps(self) -> bool:
        return self.levels > 1

    def map_head(self, dims: Sequence[int]) -> nn.Module:
        """A projection for each level.

        Raises:
            ConfigError: the encoder has fewer stages than there are levels.
        """
        if len(dims) < self.levels:
            raise ConfigError(
                f"the encoder has {len(dims)} stages, too few for {self.levels} levels"
            )
        return LevelsHead(dims[-self.levels :], self.hidden, self.outputs)

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """The method's loss: views of a clip agree, and not because all views do.

        Where clips have a kind, as an answer's ``kind`` (B,), those of one kind agree.
        """
        if "kind" in answer:
            compare = methods.of_a_kind(answer["kind"], self.temperature)
            return compare(*output.chunk(2, 2))
        asked, target = (
            half_BVE.chunk(self.levels, 2) for half_BVE in output.chunk(2, 2)
        )
        alike = [self._made.loss(*pair) for pair in zip(asked, target, strict=True)]
        across = [self._made.loss(level_BVE, target[-1]) for level_BVE in asked[:-1]]
        return torch.stack([*alike, *across]).mean()

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:  # noqa: ARG002
        """How often a clip's other view is found among those of the batch.

        The share of first views whose likest second view (by cosine) is of the same
        clip, from chance (1 / B) as 0 to always as 1; a collapsed encoder has 0.
        """
        found_B = self.found(output)
        right_B = found_B == torch.arange(len(found_B), device=found_B.device)
        share, chance = right_B.float().mean().item(), 1 / len(found_B)
        return {"retrieval": (share - chance) / max(1 - chance, 1e-9)}

    def found(self, output: Tensor) -> Tensor:
        """The clip of the batch whose second view is likest each first one: (B,)."""
        asked_BVE, target_BVE = output.float().chunk(2, 2)
        return likest(asked_BVE[:, 0], target_BVE[:, 1])

    @property
    def _made(self) -> Method:
        """The method with its temperature.

        Raises:
            ConfigError: ``lightly`` is not installed.
        """
        make = _METHODS[self.method]
        return make() if self.temperature is None else make(self.temperature)

    def _check_temperature(self) -> None:
        if self.temperature is None:
            return
        if self.method not in _TEMPERED or self.temperature <= 0:
            raise ConfigError(
                f"temperature must be positive for {', '.join(_TEMPERED)} and None for "
                f"other methods; found {self.temperature} for {self.method}"
            )

    @property
    def _drawn(self) -> int:
        """Frames that make the views."""
        return self.shown + (self.method == "uscl")
