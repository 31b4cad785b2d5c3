"""A pretrained encoder between MONAI's transforms and MONAI's metrics.

    pip install monai
    python examples/monai_pipeline.py OUT

A linear layer learns regions of the fetus from augmented frames of four synthetic
subjects; the encoder stays as it is. It is tested on two others.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import DataLoader, Dataset, decollate_batch
from monai.metrics import ConfusionMatrixMetric, ROCAUCMetric
from monai.transforms import (
    Activations,
    AsDiscrete,
    Compose,
    EnsureChannelFirstd,
    RandAdjustContrastd,
    RandAffined,
    ScaleIntensityRanged,
)
from monai.utils import set_determinism
from synthetic import Frames, labelled_frames, make_encoder, make_store
from torch import nn

from insonify import FrameEncoder, load_encoder

# The encoder takes MONAI's (B, 1, H, W) with grey levels from 0 to 1; it normalises by
# itself, so no NormalizeIntensity here.
PLAIN = Compose(
    [
        EnsureChannelFirstd("image", channel_dim="no_channel"),
        ScaleIntensityRanged("image", 0, 255, 0.0, 1.0, clip=True),
    ]
)
AUGMENTED = Compose(
    [
        PLAIN,
        RandAffined(
            "image",
            prob=0.8,
            rotate_range=0.2,
            translate_range=(4, 4),
            scale_range=0.1,
            padding_mode="zeros",
        ),
        RandAdjustContrastd("image", prob=0.5, gamma=(0.7, 1.4)),
    ]
)


def items(
    encoder: FrameEncoder, data: Frames, subjects: list[str]
) -> list[dict[str, Any]]:
    """MONAI's dictionaries: views of one size, and codes of labels."""
    codes = np.unique(data.labels, return_inverse=True)[1]
    return [
        {"image": encoder.views(data.frames[place])[0].numpy(), "label": codes[place]}
        for place in np.flatnonzero(np.isin(data.subjects, subjects))
    ]


def learn(
    encoder: FrameEncoder, train: list[dict[str, Any]], classes: int
) -> nn.Module:
    """A linear layer on the features of augmented frames."""
    head = nn.Linear(encoder.dim, classes)
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-2)
    loader = DataLoader(Dataset(train, AUGMENTED), batch_size=16, shuffle=True)
    for _ in range(8):
        for batch in loader:
            with torch.inference_mode():
                features = encoder(batch["image"])
            loss = nn.functional.cross_entropy(
                head(features.clone()), batch["label"].as_subclass(torch.Tensor)
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return head


@torch.inference_mode()
def measure(
    encoder: FrameEncoder, head: nn.Module, test: list[dict[str, Any]], classes: int
) -> tuple[float, float]:
    """Area under the ROC curve and F1, averaged over classes."""
    soft, one_hot = Activations(softmax=True), AsDiscrete(to_onehot=classes)
    hard = AsDiscrete(argmax=True, to_onehot=classes)
    auc, f1 = ROCAUCMetric(), ConfusionMatrixMetric(metric_name="f1 score")
    for batch in DataLoader(Dataset(test, PLAIN), batch_size=16):
        scores = decollate_batch(head(encoder(batch["image"])))
        truth = [one_hot(label[None]) for label in batch["label"]]
        auc([soft(each) for each in scores], truth)
        f1([hard(each) for each in scores], truth)
    return float(auc.aggregate()), float(f1.aggregate()[0])


def main(out: Path) -> None:
    """Learn from four subjects, test on two."""
    set_determinism(0)
    store = make_store(out)
    encoder = load_encoder(make_encoder(store, out))
    data = labelled_frames(store)
    subjects, classes = sorted(set(data.subjects.tolist())), len(set(data.labels))
    head = learn(encoder, items(encoder, data, subjects[:4]), classes)
    auc, f1 = measure(encoder, head, items(encoder, data, subjects[4:]), classes)
    print(f"on unseen subjects: AUROC {auc:.3f}, F1 {f1:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
