"""A tiny VideoMAE: transformers' model, a ViT-tiny on clips of sixteen frames.

Tong et al., VideoMAE, NeurIPS 2022: tubes of two frames, nine tenths of them masked,
the same in all frames.

Legend: B batch, T frames of a clip, C channels, H rows, W columns, P patches
of a frame.
"""

from importlib import import_module
from typing import Any

import torch
from peers_arms import SIDE, VIEWS, Lesson
from peers_images import ClipFiles, ImageNetInput, clips_of, fast_precision, learn
from torch import Tensor, nn

from insonify.clips.sampling import ClipOptions
from insonify.store import Store

_FRAMES, _TUBE, _PATCH = 16, 2, 16
_MASKED = 0.9
_RATE = 1.5e-4
"""The paper's for 256 clips; not scaled down to twelve, which would learn nothing."""
_CLIPS = ClipOptions(frames=_FRAMES, interval_s=2 / 30, motion_floor=0.0)


class StillFeatures(nn.Module):
    """Mean token of a clip that shows one frame throughout."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames_BCHW: Tensor) -> Tensor:
        """Features (B, D) of RGB frames."""
        clips_BTCHW = frames_BCHW[:, None].expand(-1, _FRAMES, -1, -1, -1)
        with _mixed():
            features_BD: Tensor = self.encoder(clips_BTCHW).last_hidden_state.mean(1)
        return features_BD


def train(lesson: Lesson, _: str) -> nn.Module:
    """Pretrain with AdamW, betas 0.9 and 0.95, decay 0.05."""
    torch.manual_seed(lesson.seed)
    model = _model()

    def loss_of(clips_BTCHW: Tensor) -> Tensor:
        with _mixed():
            loss: Tensor = model(clips_BTCHW, _mask(len(clips_BTCHW))).loss
        return loss

    clips_CT = clips_of(Store.open(lesson.store), lesson.split, lesson.fold, _CLIPS)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=_RATE, betas=(0.9, 0.95), weight_decay=0.05
    )
    learn(
        model,
        ClipFiles(lesson.images, clips_CT, SIDE),
        loss_of,
        optimizer,
        batch=VIEWS // _FRAMES,
        steps=lesson.steps,
    )
    return ImageNetInput(StillFeatures(model.videomae))


def _mixed() -> torch.autocast:
    fast = fast_precision() == "bf16-mixed"
    return torch.autocast("cpu", torch.bfloat16, enabled=fast)


def _model() -> Any:
    transformers = import_module("transformers")
    config = transformers.VideoMAEConfig(
        image_size=SIDE,
        patch_size=_PATCH,
        num_frames=_FRAMES,
        tubelet_size=_TUBE,
        hidden_size=192,
        num_hidden_layers=12,
        num_attention_heads=3,
        intermediate_size=768,
        decoder_hidden_size=96,
        decoder_num_attention_heads=3,
        decoder_num_hidden_layers=4,
        decoder_intermediate_size=384,
    )
    return transformers.VideoMAEForPreTraining(config)


def _mask(batch: int) -> Tensor:
    """Tubes to mask, as many in every clip: bool, (B, T / 2 * P)."""
    patches = (SIDE // _PATCH) ** 2
    ranks_BP = torch.rand(batch, patches).argsort(1)
    mask_BP = ranks_BP < round(_MASKED * patches)
    return mask_BP.repeat(1, _FRAMES // _TUBE)
