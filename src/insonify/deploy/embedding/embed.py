"""What an encoder makes of frames that are in memory.

Legend: B frames, H rows, W columns, D features.
"""

import numpy as np
import torch

from insonify.clips.loader import cut, largest_window
from insonify.core.errors import ConfigError
from insonify.core.video import Box, Frames
from insonify.model.checkpoint import Checkpoint
from insonify.train.monitor import encode
from insonify.transfer.examples import Floats

BATCH = 64
"""Frames encoded at a time unless another number is asked for."""


def embed(
    checkpoint: Checkpoint,
    frames_BHW: Frames,
    rectangle: Box | None = None,
    *,
    batch: int = BATCH,
) -> Floats:
    """Features of frames: one vector each, as a store's frames have them.

    The encoder sees the largest central window of the image area, resampled to the size
    that it was trained on.

    Args:
        checkpoint: The encoder (``load_checkpoint``); it moves to the GPU, if there is
            one.
        frames_BHW: Grey frames of any size, uint8 (B, H, W).
        rectangle: The largest rectangle inside their image area; None: all of them.
        batch: Frames encoded at a time; changes speed and memory only.

    Returns:
        float32 (B, D).

    Raises:
        ConfigError: they are no such frames, or the rectangle is not within them.
    """
    if frames_BHW.dtype != np.uint8 or frames_BHW.ndim != 3:
        raise ConfigError(
            "frames must be uint8 of shape (B, H, W), found "
            f"{frames_BHW.dtype} of shape {frames_BHW.shape}"
        )
    area = rectangle or Box(0, 0, *frames_BHW.shape[1:])
    if not area.within(frames_BHW.shape[1:]):
        raise ConfigError(
            f"{area} is not within frames of {frames_BHW.shape[1:]}; name rows and "
            "columns of the frames themselves"
        )
    on_device(checkpoint)
    parts_BD = [np.empty((0, checkpoint.encoder.dim), np.float32)]
    window = largest_window(area, checkpoint.size)
    for first in range(0, len(frames_BHW), batch):
        part_BHW = frames_BHW[first : first + batch]
        views = [cut(frame_HW, window, checkpoint.size) for frame_HW in part_BHW]
        views_BHW = torch.from_numpy(np.stack(views))
        parts_BD.append(encode(checkpoint.encoder, views_BHW, batch).numpy())
    return np.concatenate(parts_BD)


def on_device(checkpoint: Checkpoint) -> None:
    """Move an encoder to the GPU, if there is one."""
    checkpoint.encoder.to("cuda" if torch.cuda.is_available() else "cpu")
