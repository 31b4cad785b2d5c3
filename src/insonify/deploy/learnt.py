"""Classes that were learnt from frames in memory, and how each protocol answers.

Legend: N training frames, B predicted frames, D features, C classes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.deploy.frame_encoder import FrameEncoder
from insonify.deploy.views import FrameLike, as_views
from insonify.model.heads import HeadedEncoder, PlaneHead
from insonify.pretext.task import source_size
from insonify.train.monitor import encode
from insonify.transfer.course import Course
from insonify.transfer.examples import Examples, Floats, Integers
from insonify.transfer.finetune import predict
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.knn import KNN

_BIAS: Final = "votes.2.bias"
"""Of a head's tensors, the one that has an entry for each class."""


class Learnt(Protocol):
    """Classes that an encoder's frames were taught."""

    @property
    def encoder(self) -> FrameEncoder:
        """The encoder, with the weights that answer."""
        ...

    def probabilities(self, frames: FrameLike, batch: int) -> Floats:
        """Class probabilities (B, C) of sum 1."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """All that must be kept beside the encoder."""
        ...


@dataclass(frozen=True, kw_only=True)
class LearntProbe:
    """A linear probe."""

    encoder: FrameEncoder
    probe: FittedProbe

    def probabilities(self, frames: FrameLike, batch: int) -> Floats:
        return self.probe(features(self.encoder, frames, batch))

    def tensors(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(each) for name, each in vars(self.probe).items()}

    @classmethod
    def of(cls, encoder: FrameEncoder, tensors: dict[str, Tensor]) -> "LearntProbe":
        arrays = {name: each.numpy() for name, each in tensors.items()}
        return cls(encoder=encoder, probe=FittedProbe(**arrays))


@dataclass(frozen=True, kw_only=True)
class LearntNeighbours:
    """Features of all training frames, and the vote of the nearest."""

    encoder: FrameEncoder
    options: KNN
    features_ND: Floats
    labels_N: Integers
    classes: int

    def probabilities(self, frames: FrameLike, batch: int) -> Floats:
        known = Examples(
            features_ND=self.features_ND,
            labels_N=self.labels_N,
            subjects_N=np.full(len(self.labels_N), ""),
        )
        vote = self.options.fit(known, known, self.classes, 0)
        return vote(features(self.encoder, frames, batch))

    def tensors(self) -> dict[str, Tensor]:
        return {
            "features_ND": torch.from_numpy(self.features_ND),
            "labels_N": torch.from_numpy(self.labels_N),
        }


@dataclass(frozen=True, kw_only=True)
class LearntNetwork:
    """An encoder that learnt on, and its head."""

    encoder: FrameEncoder
    head: PlaneHead
    options: Course

    def probabilities(self, frames: FrameLike, batch: int) -> Floats:
        size, device = self.encoder.size, _device()
        source = source_size(size, self.options.margin)
        model = HeadedEncoder(self.encoder.encoder, self.head).to(device)
        parts = [torch.empty(0, len(self.tensors()[_BIAS]))]
        parts += [
            predict(model, as_views(part, source), size, batch)
            for part in parts_of(frames, batch)
        ]
        model.cpu()
        found_BC: Floats = torch.cat(parts).softmax(1).numpy()
        return found_BC

    def tensors(self) -> dict[str, Tensor]:
        return self.head.state_dict()

    @classmethod
    def of(
        cls, encoder: FrameEncoder, tensors: dict[str, Tensor], options: Course
    ) -> "LearntNetwork":
        outputs = len(tensors[_BIAS])
        head = PlaneHead(encoder.encoder.map_dim, outputs)
        head.load_state_dict(tensors)
        return cls(encoder=encoder, head=head.eval(), options=options)


def features(encoder: FrameEncoder, frames: FrameLike, batch: int) -> Floats:
    """Features of any number of frames: float32 (B, D).

    They are computed on the GPU, if there is one; then the encoder returns to where it
    was.
    """
    home = encoder.encoder.mean.device
    network: nn.Module = encoder.encoder.to(_device())
    parts = [np.empty((0, encoder.dim), np.float32)]
    parts += [
        encode(network, as_views(part, encoder.size), batch).numpy()
        for part in parts_of(frames, batch)
    ]
    network.to(home)
    return np.concatenate(parts)


def parts_of(frames: Any, batch: int) -> Iterator[Any]:
    """Frames, ``batch`` at a time.

    Raises:
        ConfigError: that is none.
    """
    if batch < 1:
        raise ConfigError(f"batch must be at least 1, found {batch}")
    for first in range(0, len(frames), batch):
        yield frames[first : first + batch]


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
