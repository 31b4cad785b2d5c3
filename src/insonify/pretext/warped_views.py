"""Frames of a clip, each after a warp of its own, for the tasks that show such views.

Legend: B batch, T frames, V views, H rows, W columns, N views of a batch.
"""

from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from insonify.pretext.task import Answer
from insonify.pretext.warp import Warp


@dataclass(frozen=True, kw_only=True)
class WarpedViews:
    """Draws frames of a clip and warps each its own way."""

    weight: float = 1.0
    """Share of the total loss; 0 turns the task off."""
    warp: Warp = field(default_factory=Warp)
    """How each frame is warped; its size and margin are the task's."""
    frames: int = 4
    """Frames in a clip."""
    shown: int = 2
    """How many of them are shown, in random order, the clip's views; every two are
    compared."""
    same_frame: bool = False
    """Whether all views show one frame of the clip, differently warped: an ablation."""

    channels = 1

    @property
    def size(self) -> tuple[int, int]:
        return self.warp.size

    @property
    def margin(self) -> float:
        return self.warp.margin

    def draw(self, batch: int, frames: int, generator: Generator) -> Answer:
        """Draw which ``frames`` are shown (B, F), and the warp of each view, (B, V, 5).

        With ``same_frame`` one is drawn, as often as there are to be.
        """
        order_BT = torch.rand(batch, self.frames, generator=generator).argsort(1)
        shown_BF = order_BT[:, :frames]
        if self.same_frame:
            shown_BF = order_BT[:, :1].expand(-1, frames)
        warps_NP = self.warp.draw(self.shown * batch, generator)
        return {"shown": shown_BF, "warps": warps_NP.view(batch, self.shown, -1)}

    def warped(self, frames_BVHW: Tensor, answer: Answer) -> Tensor:
        """Each frame after its warp: (B, V, *size).

        Raises:
            ValueError: a pixel of a view would lie outside the clip.
        """
        frames_N1HW = frames_BVHW.flatten(0, 1)[:, None]
        views_N1HW = self.warp.warp(frames_N1HW, answer["warps"].flatten(0, 1))
        return views_N1HW.view(len(frames_BVHW), -1, *self.size)
