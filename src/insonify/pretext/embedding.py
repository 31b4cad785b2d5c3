"""Do frames of a clip, each warped, look alike to the encoder?

The joint-embedding methods, as tasks in the same harness as the paper's: the same clips
and augmentation; :mod:`insonify.pretext.embedding_methods` names their papers.

Legend: B batch, T frames, S shown frames, V views, N frames of a batch, H rows,
W columns, E outputs.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor, nn

from insonify.core.errors import ConfigError
from insonify.pretext import embedding_methods as methods
from insonify.pretext.baselines import likest
from insonify.pretext.embedding_head import EmbeddingHead, LevelsHead, Method
from insonify.pretext.embedding_options import EmbeddingOptions, MethodName
from insonify.pretext.frame_order import shuffle
from insonify.pretext.task import Answer

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


@dataclass(frozen=True, kw_only=True)
class JointEmbedding(EmbeddingOptions):
    """Show frames of a clip, each warped; want the same of all, of no other clip."""

    @property
    def chance(self) -> dict[str, float]:
        return {"retrieval": 0.0}

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the frames (B, S) and the warp of each view, (B, V, 5).

        For uscl the last frame is blended into all views; what is left of their own
        has a share (B,) from Beta(½, ½), as in its code: sin² of a uniform angle.
        """
        answer = self.draw(batch, self.drawn, generator)
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
    def compares_clips(self) -> bool:
        return True

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
