"""A pretrained encoder for whoever has frames: any size, any device, one call.

Legend: B frames, H rows and W columns of frames, D features, C channels of a stage or
classes, h rows and w columns of a map.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.deploy.heads import Heads
from insonify.deploy.views import FrameLike, as_views
from insonify.model.checkpoint import Card, Checkpoint, load_checkpoint, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.model.stages import stage_maps
from insonify.transfer.layers import layer_names


class FrameEncoder(nn.Module):
    """Features of ultrasound frames: what :func:`load_encoder` returns.

    Frames are NumPy arrays or tensors on any device: uint8 with grey levels from 0 to
    255, or floats from 0 to 1; of shape (H, W), (B, H, W) or (B, 1, H, W), or a
    sequence of frames that differ in size. Frames of another size than
    :attr:`size` are seen as at transfer: their largest central window of that aspect
    ratio, resampled (:meth:`views`). Normalisation is inside.

    It is in evaluation mode when it is loaded, and is a module like any other:
    ``.to("cuda")``, ``.train()`` and gradients work, through float frames too.
    Without a gradient in mind, call it under ``torch.inference_mode()``.

    Args:
        checkpoint: The encoder, and what is known of it.
        heads: Classes and saliency that were learnt on these weights. They keep to the
            weights they were learnt on, also where the encoder learns on.
    """

    encoder: Encoder

    def __init__(self, checkpoint: Checkpoint, heads: Heads | None = None) -> None:
        super().__init__()
        self.encoder = checkpoint.encoder
        self.card: Card = checkpoint.card
        self.heads = heads
        self.train(checkpoint.encoder.training)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the frames that it was trained on."""
        return self.card.size

    @property
    def dim(self) -> int:
        """Length of the feature vector, D."""
        return self.encoder.dim

    @property
    def checkpoint(self) -> Checkpoint:
        """The encoder with its card, as :func:`insonify.embed` takes it."""
        return Checkpoint(encoder=self.encoder, card=self.card)

    def forward(self, frames: FrameLike) -> Tensor:
        """Features of frames: float32 (B, D), on the encoder's device.

        Raises:
            ConfigError: they are no grey frames.
        """
        features_BD: Tensor = self.encoder(self.views(frames))
        return features_BD

    def views(self, frames: FrameLike, rectangle: Box | None = None) -> Tensor:
        """What the encoder sees of frames: (B, *size), on the encoder's device.

        Args:
            frames: Grey frames.
            rectangle: The largest rectangle inside their image area, in pixels; None:
                all of each frame.

        Returns:
            uint8 or float32, as the frames are. Views are frames too, so all methods
            take them.

        Raises:
            ConfigError: they are no grey frames, or the rectangle is not within them.
        """
        return as_views(frames, self.size, rectangle).to(self.encoder.mean.device)

    def layers(self, frames: FrameLike, *, pooled: bool = True) -> dict[str, Tensor]:
        """Features of every stage by name: stem, stage 1 and so on.

        Args:
            frames: Grey frames.
            pooled: Average each map over its places.

        Returns:
            float32, (B, C) where pooled, else (B, C, h, w); the finest map first.

        Raises:
            ConfigError: they are no grey frames, or the architecture does not show its
                stages.
        """
        maps = stage_maps(self.encoder, self.views(frames))
        found = [each.mean((2, 3)) for each in maps] if pooled else maps
        *stages, _ = layer_names(self.encoder)  # The last is what forward returns.
        return dict(zip(stages, found, strict=True))

    def feature_map(self, frames: FrameLike) -> Tensor:
        """The last map before it is pooled: float32 (B, C, h, w).

        Raises:
            ConfigError: they are no grey frames, or the architecture has no maps.
        """
        return self.encoder.feature_map(self.views(frames))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that its heads know; empty without heads."""
        return () if self.heads is None else self.heads.classes

    def probabilities(self, frames: FrameLike) -> Tensor:
        """Class probabilities of frames: float32 (B, C), each row of sum 1.

        Raises:
            ConfigError: there are no heads, they know no classes, or these are no grey
                frames.
        """
        found_BC = self._required().probabilities(self.views(frames))
        return torch.from_numpy(found_BC).to(self.encoder.mean.device)

    def saliency(self, frames: FrameLike) -> Tensor:
        """Where one would look on the views of frames: float32 (B, h, w), of sum 1.

        Raises:
            ConfigError: there are no heads, they know no saliency, or these are no grey
                frames.
        """
        maps_Bhw = self._required().saliency(self.views(frames))
        return torch.from_numpy(maps_Bhw).to(self.encoder.mean.device)

    def save(
        self, folder: Path | str, *, recipe: str, subjects: Iterable[str] | None
    ) -> None:
        """Keep weights that have learnt on as a checkpoint, in a new folder.

        Args:
            folder: The folder to make.
            recipe: What to call them.
            subjects: Pseudonyms of the subjects they have learnt from since they were
                loaded. They are written. None: nobody knows; then `insonify transfer`
                refuses the checkpoint, for it cannot rule out leaks.

        Raises:
            ConfigError: the folder is there already.
        """
        if Path(folder).exists():
            raise ConfigError(f"{folder}: exists; name a new folder for the encoder")
        known = dict(self.card.provenance)
        before = known.pop("subjects", None)
        if subjects is not None and before is not None:
            known["subjects"] = sorted({*before, *subjects})
        card = Card(
            architecture=self.card.architecture,
            size=self.card.size,
            provenance=known | {"recipe": recipe},
        )
        state: dict[str, Any] = self.encoder.state_dict()
        tensors = {f"encoder.{name}": each.cpu() for name, each in state.items()}
        save_checkpoint(Path(folder), tensors, card)

    def _required(self) -> Heads:
        if self.heads is None:
            raise ConfigError(
                "this encoder has no heads; load it with the folder of some, "
                "load_encoder(path, heads=FOLDER), which Heads.fit learns and "
                "Heads.save keeps"
            )
        return self.heads


def load_encoder(path: Path | str, *, heads: Path | str | None = None) -> FrameEncoder:
    """Load a pretrained encoder: from frames to features, in evaluation mode.

    Global random generators are as they were. No pickle is read.

    Args:
        path: A run of `insonify pretrain`, or a checkpoint folder.
        heads: Folder of heads that were learnt on it (:meth:`Heads.save`, or `insonify
            render --heads`), for :meth:`FrameEncoder.probabilities` and
            :meth:`FrameEncoder.saliency`.

    Raises:
        CheckpointError: there is none, it is damaged or of another version, or the
            heads are of another encoder.
    """
    learnt = None
    if heads is not None:  # On weights of their own: they may go to a GPU.
        learnt = Heads.load(Path(heads), load_checkpoint(Path(path)))
    return FrameEncoder(load_checkpoint(Path(path)), learnt)
