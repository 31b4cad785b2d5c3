"""What a frozen encoder can say of a frame, once heads were learnt on it.

A checkpoint has no classes and no maps of its own. Both are learnt from the
labels and the gaze of a store's training subjects, and can be kept.

Legend: B frames, H rows and W columns of views, C classes, h rows and w columns of
maps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.core.video import Box, Frames
from insonify.deploy.decoder import map_network
from insonify.deploy.head_options import HeadOptions, HeadsCard
from insonify.deploy.heads_folder import fingerprint, read_heads, write_heads
from insonify.deploy.learning import Saliency, learn_planes, learn_saliency
from insonify.deploy.views import as_views
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Floats
from insonify.transfer.fitted_probe import FittedProbe

Views = npt.NDArray[np.uint8] | Tensor
"""Frames as the encoder sees them, uint8 (B, H, W): the largest central window of the
image area, resampled; :meth:`Heads.views` makes them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heads:
    """Heads on a frozen encoder: class probabilities and saliency maps of frames.

    Attributes:
        checkpoint: The encoder.
        card: What is known of the heads.
    """

    checkpoint: Checkpoint
    card: HeadsCard
    probe: FittedProbe | None
    decoder: nn.Sequential | None

    def __post_init__(self) -> None:
        self.checkpoint.encoder.to(self._device)

    @classmethod
    def fit(
        cls,
        store: Store,
        checkpoint: Checkpoint,
        options: HeadOptions,
        on_progress: Callable[[str], None] = lambda _: None,
        *,
        saliency: bool = True,
    ) -> "Heads":
        """Learn heads from the training subjects of a store.

        What the store has nothing to learn from is left out, and the card says so.

        Args:
            store: Where labels, gaze and the split are.
            checkpoint: The encoder; it stays as it is.
            options: How.
            on_progress: Told what is being done.
            saliency: Whether to learn saliency, which takes most of the time.

        Raises:
            ConfigError: the options do not fit the store, or learning diverges.
            StoreError: there is no such task or split.
        """
        options = options.resolved(store, checkpoint)
        planes = learn_planes(store, checkpoint, options, on_progress)
        maps = Saliency(left_out=("saliency: it was not asked for",))
        if saliency:
            maps = learn_saliency(store, checkpoint, options, on_progress)
        card = HeadsCard(
            checkpoint=fingerprint(checkpoint),
            store=store.id,
            versions=store.versions,
            options=options,
            classes=planes.classes,
            subjects=tuple(sorted(planes.subjects | maps.subjects)),
            left_out=(*planes.left_out, *maps.left_out),
        )
        return cls(
            checkpoint=checkpoint,
            card=card,
            probe=planes.probe,
            decoder=maps.decoder,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the views that the heads take."""
        return self.checkpoint.size

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of :meth:`probabilities`."""
        return self.card.classes

    @property
    def has_saliency(self) -> bool:
        """Whether there are saliency maps."""
        return self.decoder is not None

    def views(self, frames_BHW: Frames, rectangle: Box) -> Tensor:
        """What the encoder sees of frames of one video.

        Args:
            frames_BHW: Frames as they are stored.
            rectangle: The largest rectangle in their image area.

        Returns:
            uint8 (B, H, W), of :attr:`size`.
        """
        return as_views(frames_BHW, self.size, rectangle)

    def probabilities(self, frames_BHW: Views) -> Floats:
        """Class probabilities of views: (B, C), each row of sum 1.

        Raises:
            ConfigError: no classes were learnt.
        """
        if self.probe is None:
            raise ConfigError(f"these heads know no classes: {self._why}")
        views_BHW = torch.as_tensor(frames_BHW)
        batch = self.card.options.batch
        return self.probe(encode(self.checkpoint.encoder, views_BHW, batch).numpy())

    def saliency(self, frames_BHW: Views) -> Floats:
        """Where one would look on views: (B, h, w), each map of sum 1.

        Raises:
            ConfigError: no saliency was learnt.
        """
        if self._maps is None:
            raise ConfigError(f"these heads know no saliency: {self._why}")
        logs_Bhw = encode(
            self._maps, torch.as_tensor(frames_BHW), self.card.options.batch
        )
        return np.asarray(logs_Bhw.float().exp().numpy(), np.float32)

    def save(self, folder: Path) -> None:
        """Write the heads, without the encoder, to a new folder, atomically.

        Raises:
            ConfigError: the folder is there already.
        """
        write_heads(folder, self.card, self.probe, self.decoder)

    @classmethod
    def load(cls, folder: Path, checkpoint: Checkpoint) -> "Heads":
        """Read what :meth:`save` wrote.

        Raises:
            CheckpointError: they are missing, damaged, or of another encoder.
        """
        card, probe, decoder = read_heads(folder, checkpoint)
        return cls(checkpoint=checkpoint, card=card, probe=probe, decoder=decoder)

    @cached_property
    def _maps(self) -> nn.Sequential | None:
        """From frames to logarithms of maps."""
        if self.decoder is None:
            return None
        stride = self.card.options.output_stride
        maps = map_network(self.checkpoint.encoder, stride)
        return nn.Sequential(maps, self.decoder).to(self._device).eval()

    @property
    def _device(self) -> str:
        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def _why(self) -> str:
        return "; ".join(self.card.left_out)
