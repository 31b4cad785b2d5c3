"""What prediction needs of a model, whatever runs it.

Legend: B frames, H rows and W columns of views, C classes, h rows and w columns of
maps.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.core.video import Box, Frames
from insonify.deploy.heads import Heads, Views
from insonify.deploy.scan import Scan
from insonify.deploy.seen import Seen, seen_by
from insonify.transfer.examples import Floats


class Predictor(Protocol):
    """Says of frames what they show; ``deploy.heads.Heads`` is one."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the views that it takes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of :meth:`probabilities`."""

    @property
    def has_saliency(self) -> bool:
        """Whether there are saliency maps."""

    def views(self, frames_BHW: Frames, rectangle: Box) -> Tensor:
        """What it sees of frames of one video: uint8 (B, H, W), of :attr:`size`."""

    def probabilities(self, frames_BHW: Views) -> Floats:
        """Class probabilities of views: (B, C), each row of sum 1."""

    def saliency(self, frames_BHW: Views) -> Floats:
        """Where one would look on views: (B, h, w), each map of sum 1."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A predictor, and what is known of it."""

    predictor: Predictor
    fingerprint: str
    """A hash that another model would not have."""
    about: dict[str, str]
    """What it is, in words that may be written: kind, architecture, recipe, task."""
    seen: Callable[[Scan], Seen] = lambda _: Seen(encoder=None, heads=None)
    """Whether the subject of a scan took part in its training."""

    def __post_init__(self) -> None:
        if not self.predictor.classes:
            raise ConfigError(
                "this model knows no classes, so that there is nothing to predict; "
                "name heads that were learnt from labels (--heads or --store)"
            )

    @property
    def task(self) -> str:
        """What the classes are of; empty where that is not known."""
        return self.about.get("task", "")

    @classmethod
    def of(cls, heads: Heads) -> "Model":
        """Heads on a checkpoint."""
        checkpoint, card = heads.checkpoint, heads.card
        about = {
            "kind": "checkpoint with heads",
            "architecture": checkpoint.architecture,
            "recipe": str(checkpoint.provenance.get("recipe", "unknown")),
            "task": card.options.task or "",
        }
        known = json.dumps(to_plain(card), sort_keys=True)  # The encoder's hash too.
        return cls(
            predictor=heads,
            fingerprint=hashlib.sha256(known.encode()).hexdigest(),
            about=about,
            seen=lambda scan: seen_by(scan, checkpoint, card),
        )
