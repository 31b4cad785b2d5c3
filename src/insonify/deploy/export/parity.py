"""Does what was exported answer as the checkpoint does?

Legend: N frames, H rows, W columns.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from insonify.core.errors import CheckpointError
from insonify.deploy.decoder import map_network
from insonify.deploy.export.graph import on_cpu
from insonify.deploy.heads import Heads
from insonify.model.encoder import Encoder
from insonify.train.monitor import encode
from insonify.transfer.examples import Floats

Answers = Mapping[str, Floats]
"""Output by name."""
TOLERANCES: Final = {"features": 1e-4, "probabilities": 1e-4, "saliency": 1e-3}
"""Largest differences, as shares of the output's largest absolute value.

Saliency is decoded from maps that are rounded to half precision, some to the other
side; without that rounding it is 3e-4 away from what heads say (resnet10_half)."""
_BATCHES: Final = (1, 3, 64)


class Difference(NamedTuple):
    """How far one output is from the checkpoint's own."""

    output: str
    largest: float
    """Largest absolute difference."""
    scale: float
    """Largest absolute value of the checkpoint's own."""

    @property
    def share(self) -> float:
        """The difference as a share of the scale."""
        return self.largest / max(self.scale, 1e-12)


def reference(
    encoder: Encoder, heads: Heads | None, frames_NHW: Tensor, names: Iterable[str]
) -> Answers:
    """What the checkpoint itself says, on the CPU in float32, not by the graph.

    Args:
        encoder: Its encoder.
        heads: Heads that have what is asked for.
        frames_NHW: uint8.
        names: Of the outputs.
    """
    own = on_cpu(encoder)
    found = {"features": encode(own, frames_NHW).numpy()}
    if heads is not None and heads.probe is not None:
        found["probabilities"] = heads.probe(found["features"])
    if heads is not None and heads.decoder is not None:
        maps = map_network(own, heads.card.options.output_stride)
        network = nn.Sequential(maps, on_cpu(heads.decoder))
        found["saliency"] = encode(network, frames_NHW).exp().numpy()
    return {name: found[name] for name in names}


def compare(
    wanted: Answers, run: Callable[[Tensor], Answers], frames_NHW: Tensor
) -> tuple[Difference, ...]:
    """Differences over the frames, run in batches of 1, of 3 and of 64.

    Args:
        wanted: The checkpoint's answers.
        run: What was exported: from frames to answers.
        frames_NHW: uint8.

    Raises:
        CheckpointError: one is above the tolerance, or not a number.
    """
    largest = dict.fromkeys(wanted, 0.0)
    for place in _parts(len(frames_NHW)):
        found = run(frames_NHW[place])
        for name in wanted:
            apart = np.abs(found[name] - wanted[name][place]).max()
            largest[name] = float(np.fmax(largest[name], np.nan_to_num(apart, nan=9e9)))
    differences = tuple(
        Difference(name, largest[name], float(np.abs(wanted[name]).max()))
        for name in wanted
    )
    for each in differences:
        tolerance = TOLERANCES[each.output]
        if each.share > tolerance:
            raise CheckpointError(
                f"the exported {each.output} differ from the checkpoint's by "
                f"{each.largest:.2g}, {each.share:.2g} of their largest value, more "
                f"than {tolerance:g}; nothing was written: export with --to torch, or "
                "to another --opset"
            )
    return differences


def drawn_frames(size: tuple[int, int], count: int = 16) -> Tensor:
    """Speckled frames, for want of real ones; the same at every call: (N, H, W)."""
    draw = torch.Generator().manual_seed(0)
    coarse = [max(side // 8, 2) for side in size]
    bright = torch.rand((count, 1, *coarse), generator=draw)
    bright = nn.functional.interpolate(bright, size, mode="bilinear")[:, 0]
    speckle = torch.rand(bright.shape, generator=draw).sqrt()
    return (255 * bright * speckle).byte()


def with_extremes(frames_NHW: Tensor) -> Tensor:
    """The frames, then two that are half black and half white.

    Not all of one grey: SonoNet divides by a frame's deviation, which then is rounding.
    """
    edge_HW = torch.zeros_like(frames_NHW[0])
    edge_HW[:, edge_HW.shape[1] // 2 :] = 255
    return torch.cat([frames_NHW, torch.stack([edge_HW, 255 - edge_HW])])


def _parts(count: int) -> Iterable[slice]:
    """All frames in order: some alone, some in threes, the others in large batches."""
    first = 0
    for batch in (*_BATCHES[:2], *[_BATCHES[2]] * count):
        if first < count:
            yield slice(first, first + batch)
        first += batch
