"""An ONNX export as heads: probabilities and saliency of frames, without torch models.

Legend: B frames, H rows and W columns of views, D features, C classes, h rows and w
columns of maps.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.video import Box, Frames
from insonify.deploy.export.about import CARD, ExportCard, digest, read_card
from insonify.deploy.export.options import BATCH
from insonify.deploy.export.session import Session
from insonify.deploy.heads import Views
from insonify.deploy.views import as_views
from insonify.transfer.examples import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxHeads:
    """What ``insonify export --to onnx`` wrote, run by ONNX Runtime on the CPU.

    It answers as ``deploy.heads.Heads`` do.

    Attributes:
        card: What is known of the export.
        session: The model.
    """

    card: ExportCard
    session: Session

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        model: str | None = None,
        threads: int | None = None,
        batch: int = BATCH,
    ) -> "OnnxHeads":
        """Open an export.

        Args:
            folder: What ``insonify export --to onnx`` wrote.
            model: Which of its files; None: the one that the export names, that of 8
                bits where there is one.
            threads: Threads to compute with; None: as many as torch takes.
            batch: Most frames to run at a time; changes speed and memory only.

        Raises:
            CheckpointError: it is missing, damaged, unsafe to load, or of another kind.
            ConfigError: onnxruntime is not installed, or there is no such file in it.
        """
        card = read_card(folder)
        if card.kind != "onnx":
            raise CheckpointError(
                f"{folder}: an export to {card.kind}; name one of --to onnx"
            )
        name = card.model if model is None else model
        if name not in card.files or Path(name).name != name:
            raise ConfigError(f"{folder}: no model {name!r}; it has {[*card.files]}")
        session = Session.open(folder / name, threads=threads, batch=batch)
        if digest(folder / name) != card.files[name]:
            raise CheckpointError(
                f"{folder / name}: not the file that {CARD} tells of; export again"
            )
        if session.size != card.size or session.outputs != card.outputs:
            raise CheckpointError(
                f"{folder / name}: has outputs {session.outputs} for frames of "
                f"{session.size}, and {CARD} says otherwise; export again"
            )
        return cls(card=card, session=session)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the views that it takes."""
        return self.card.size

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of :meth:`probabilities`."""
        return self.card.classes

    @property
    def has_saliency(self) -> bool:
        """Whether there are saliency maps."""
        return "saliency" in self.card.outputs

    def views(self, frames_BHW: Frames, rectangle: Box) -> Tensor:
        """What the model sees of frames of one video.

        Args:
            frames_BHW: Frames as they are stored.
            rectangle: The largest rectangle in their image area.

        Returns:
            uint8 (B, H, W), of :attr:`size`.
        """
        return as_views(frames_BHW, self.size, rectangle)

    def features(self, frames_BHW: Views) -> Floats:
        """Features of views: (B, D)."""
        return self._run("features", frames_BHW)

    def probabilities(self, frames_BHW: Views) -> Floats:
        """Class probabilities of views: (B, C), each row of sum 1.

        Raises:
            ConfigError: the export has none.
        """
        return self._run("probabilities", frames_BHW)

    def saliency(self, frames_BHW: Views) -> Floats:
        """Where one would look on views: (B, h, w), each map of sum 1.

        Raises:
            ConfigError: the export has none.
        """
        return self._run("saliency", frames_BHW)

    def _run(self, output: str, frames_BHW: Views) -> Floats:
        if output not in self.card.outputs:
            raise ConfigError(
                f"this export has no {output}; export with --heads FOLDER of heads "
                "that were learnt with them"
            )
        views_BHW = torch.as_tensor(frames_BHW)
        return self.session.run(views_BHW, [output])[output]
