"""What arms that read image files share.

Legend: B batch, T frames of a clip, H rows, W columns, C channels.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from insonify.clips.sampling import ClipOptions, find_clips
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.train.precision import precision_of

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_WORKERS = 2


def fast_precision() -> str:
    """bf16 where the machine has instructions for it: what peers offer as fast."""
    return str(precision_of("auto"))


class ImageNetInput(nn.Module):
    """A network of RGB images that takes grey frames, normalised as it was trained."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None])
        self.register_buffer("std", torch.tensor(_STD)[:, None, None])

    def forward(self, frames_BHW: Tensor) -> Tensor:
        """Features (B, D) of uint8 frames."""
        grey_B1HW = frames_BHW[:, None].float() / 255
        features_BD: Tensor = self.network((grey_B1HW - self.mean) / self.std)
        return features_BD.float()


@dataclass(frozen=True)
class ClipFiles(Dataset[Tensor]):
    """Clips read as image files, cropped alike: float RGB, (T, C, H, W)."""

    images: Path
    clips_CT: Integers
    side: int

    def __len__(self) -> int:
        return len(self.clips_CT)

    def __getitem__(self, place: int) -> Tensor:
        """Read a clip; one random square crop and mirroring for all of its frames."""
        paths = [
            self.images / f"{position:07d}.jpg" for position in self.clips_CT[place]
        ]
        frames = [Image.open(path).convert("RGB") for path in paths]
        width, height = frames[0].size
        cut = int(min(width, height) * (0.7 + 0.3 * torch.rand(()).item()))
        left = int(torch.randint(width - cut + 1, ()))
        top = int(torch.randint(height - cut + 1, ()))
        box = (left, top, left + cut, top + cut)
        size = (self.side, self.side)
        views = [f.resize(size, Image.Resampling.BILINEAR, box) for f in frames]
        clip_THWC = torch.from_numpy(np.stack([np.asarray(view) for view in views]))
        clip_TCHW = clip_THWC.permute(0, 3, 1, 2).float() / 255
        mean, std = torch.tensor(_MEAN), torch.tensor(_STD)
        clip_TCHW = (clip_TCHW - mean[:, None, None]) / std[:, None, None]
        return clip_TCHW.flip(3) if torch.rand(()) < 0.5 else clip_TCHW


def clips_of(store: Store, split: str, fold: int, options: ClipOptions) -> Integers:
    """Positions of the training subjects' clips: (C, T)."""
    subjects = store.split(split).roles(fold).train
    return find_clips(store.frames(), subjects, options)


def learn(
    model: nn.Module,
    clips: ClipFiles,
    loss_of: Callable[[Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    *,
    batch: int,
    steps: int,
) -> None:
    """Train plainly: a DataLoader, a loss of a batch (B, T, C, H, W), cosine decay.

    Raises:
        SystemExit: there is no batch.
    """
    loader: DataLoader[Any] = DataLoader(
        clips,
        batch,
        shuffle=True,
        drop_last=True,
        num_workers=_WORKERS,
        persistent_workers=True,
    )
    if not len(loader):
        sys.exit(
            f"{len(clips)} clips do not fill a batch of {batch}; name a larger store"
        )
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    done = 0
    while done < steps:
        for clips_BTCHW in loader:
            optimizer.zero_grad()
            loss_of(clips_BTCHW).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            rates.step()
            done += 1
            if done == steps:
                break
