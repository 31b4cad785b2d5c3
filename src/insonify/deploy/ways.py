"""How classes are learnt from frames in memory: transfer's protocols.

Legend: N training frames, B a batch of them, C classes.
"""

from typing import Any, Final, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from insonify.core.errors import ConfigError
from insonify.deploy.frame_encoder import FrameEncoder
from insonify.deploy.learnt import (
    Learnt,
    LearntNeighbours,
    LearntNetwork,
    LearntProbe,
    features,
    parts_of,
)
from insonify.deploy.views import FrameLike, as_views
from insonify.model.heads import HeadedEncoder, PlaneHead
from insonify.pretext.task import source_size
from insonify.transfer.course import Course
from insonify.transfer.examples import Examples, Integers
from insonify.transfer.finetune import Batch, begin, draw_batches, learn
from insonify.transfer.knn import KNN
from insonify.transfer.linear import LinearProbe
from insonify.transfer.plane_finetune import balance

_AT_ONCE: Final = 256
Way: TypeAlias = LinearProbe | KNN | Course
"""A protocol with its options."""
WAYS: Final[dict[str, type[Way]]] = {
    "linear": LinearProbe,
    "knn": KNN,
    "finetune": Course,
}
"""The protocols by name."""


def way_of(protocol: Any) -> Way:
    """The protocol that is named, or is given with its options.

    Raises:
        ConfigError: there is no such protocol.
    """
    if type(protocol) in WAYS.values():  # FineTune has options beside Course's.
        way: Way = protocol
        return way
    if not isinstance(protocol, str) or protocol not in WAYS:
        raise ConfigError(
            f"no protocol {protocol!r}; there are {', '.join(WAYS)}, or one of "
            f"{', '.join(each.__name__ for each in WAYS.values())} with options"
        )
    return WAYS[protocol]()


def learn_classes(
    way: Way,
    encoder: FrameEncoder,
    frames: FrameLike,
    labels_N: Integers,
    *,
    subjects_N: Any,
    batch: int,
    seed: int,
) -> Learnt:
    """Learn classes from frames.

    Args:
        way: How.
        encoder: Nobody else's: fine-tuning changes it.
        frames: N grey frames.
        labels_N: The class of each, from 0 on; none is left out.
        subjects_N: Whose each is, as strings.
        batch: Frames encoded at a time.
        seed: Seed of all chance.

    Raises:
        ConfigError: they are no grey frames.
        DivergedError: fine-tuning diverges.
    """
    if isinstance(way, Course):
        return _finetuned(way, encoder, frames, labels_N, seed)
    known = Examples(
        features_ND=features(encoder, frames, batch),
        labels_N=labels_N,
        subjects_N=subjects_N,
    )
    classes = int(labels_N.max()) + 1
    if isinstance(way, KNN):
        return LearntNeighbours(
            encoder=encoder,
            options=way,
            features_ND=known.features_ND,
            labels_N=labels_N,
            classes=classes,
        )
    nobody = known.where(np.zeros(len(known), bool))
    return LearntProbe(encoder=encoder, probe=way.fit(known, nobody, classes, seed))


def _finetuned(
    way: Course, encoder: FrameEncoder, frames: FrameLike, labels_N: Integers, seed: int
) -> LearntNetwork:
    source = source_size(encoder.size, way.margin)
    frames_NHW = torch.cat(
        [as_views(part, source) for part in parts_of(frames, _AT_ONCE)]
    )
    if frames_NHW.dtype != torch.uint8:
        raise ConfigError(
            "fine-tuning takes uint8 frames, found floats; give grey levels from 0 to "
            "255 as uint8"
        )
    classes = int(labels_N.max()) + 1
    head = PlaneHead(encoder.encoder.map_dim, classes, seed=seed)
    model = HeadedEncoder(encoder.encoder, head)
    fabric, state = begin(way, model)

    def criterion(scores_BC: Tensor, batch: Batch) -> Tensor:
        truth_B = torch.from_numpy(labels_N[batch.places_B]).to(scores_BC.device)
        return F.cross_entropy(scores_BC, truth_B)

    batches = draw_batches(
        way,
        frames_NHW.cpu(),
        encoder.size,
        np.arange(len(labels_N)),
        weight_M=balance(labels_N, tuple(map(str, range(classes))), None),
        seed=seed,
    )
    learn(
        way, fabric, state, batches, criterion, steps=way.steps, on_step=lambda _: None
    )
    model.cpu().eval()
    return LearntNetwork(encoder=encoder.eval(), head=head, options=way)
