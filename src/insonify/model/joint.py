"""One encoder and a head a task, trained together.

Legend: B batch, V views, H rows, W columns, D features.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from insonify.model.encoder import Encoder


class JointModel(nn.Module):
    """Encodes the views of all tasks in one pass and hands each head its own.

    With one frame a view, every layer of the encoder is shared between the tasks and
    transfers to single frames unchanged.
    """

    def __init__(self, encoder: Encoder, heads: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(heads)

    def forward(self, views: dict[str, Tensor]) -> dict[str, Tensor]:
        """Views (B, V, H, W) of each task to each task's output."""
        shapes = {task: views_BVHW.shape[:2] for task, views_BVHW in views.items()}
        flat_NHW = torch.cat(
            [views_BVHW.flatten(0, 1) for views_BVHW in views.values()]
        )
        counts = [batch * count for batch, count in shapes.values()]
        parts = torch.split(self.encoder(flat_NHW), counts)
        return {
            task: self.heads[task](part_ND.reshape(*shape, -1))
            for (task, shape), part_ND in zip(shapes.items(), parts, strict=True)
        }
