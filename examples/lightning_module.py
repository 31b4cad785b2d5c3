"""A pretrained encoder as the backbone of a LightningModule that is fine-tuned.

    python examples/lightning_module.py OUT

Learns regions of the fetus from four synthetic subjects and tests them on two others.
"""

import sys
from pathlib import Path

import lightning
import numpy as np
import torch
from synthetic import Frames, labelled_frames, make_encoder, make_store
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from insonify import FrameEncoder, load_encoder


class FineTuned(lightning.LightningModule):
    """An encoder and a linear layer, which learns ten times as fast."""

    def __init__(self, encoder: FrameEncoder, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, classes)

    def forward(self, frames: Tensor) -> Tensor:
        """Scores of uint8 frames: (B, classes). Normalisation is in the encoder."""
        scores: Tensor = self.head(self.encoder(frames))
        return scores

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Cross-entropy of a batch."""
        frames, labels = batch
        return nn.functional.cross_entropy(self(frames), labels)

    def test_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """Share of frames that are right."""
        frames, labels = batch
        right = self(frames).argmax(1) == labels
        self.log("accuracy", right.float().mean(), batch_size=len(labels))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, gentle with what is pretrained."""
        return torch.optim.AdamW(
            [
                {"params": self.encoder.parameters(), "lr": 3e-4},
                {"params": self.head.parameters(), "lr": 3e-3},
            ]
        )


def loader(
    encoder: FrameEncoder, data: Frames, subjects: list[str], *, train: bool
) -> DataLoader[tuple[Tensor, ...]]:
    """Batches of uint8 views and labels of the given subjects."""
    chosen = np.flatnonzero(np.isin(data.subjects, subjects))
    views = encoder.views([data.frames[place] for place in chosen])
    codes = np.unique(data.labels, return_inverse=True)[1][chosen]
    tensors = TensorDataset(views, torch.from_numpy(codes))
    return DataLoader(tensors, batch_size=16, shuffle=train)


def main(out: Path) -> None:
    """Fine-tune, test, and keep the encoder for all other commands."""
    lightning.seed_everything(0)
    store = make_store(out)
    encoder = load_encoder(make_encoder(store, out))
    data = labelled_frames(store)
    subjects = sorted(set(data.subjects.tolist()))
    learnt_from, tested = subjects[:4], subjects[4:]
    model = FineTuned(encoder, len(set(data.labels)))
    trainer = lightning.Trainer(
        max_epochs=5,
        accelerator="auto",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    test = loader(encoder, data, tested, train=False)
    before = trainer.test(model, test, verbose=False)[0]["accuracy"]
    model.train()  # The encoder was loaded for evaluation; now its norms learn too.
    trainer.fit(model, loader(encoder, data, learnt_from, train=True))
    after = trainer.test(model, test, verbose=False)[0]["accuracy"]
    print(f"accuracy on unseen subjects: {before:.2f} before, {after:.2f} after")

    # It says whom it learnt from, so that no command tests it on them.
    encoder.save(out / "tuned", recipe="lightning", subjects=learnt_from)
    print(f"kept: {load_encoder(out / 'tuned').card.provenance['recipe']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
