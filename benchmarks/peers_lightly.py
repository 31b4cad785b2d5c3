"""lightly-train's arms: its documented call on an image folder."""

from importlib import import_module
from typing import Any

from peers_arms import SIDE, VIEWS, Lesson
from peers_images import ImageNetInput, fast_precision
from torch import nn

_BATCH = VIEWS // 2
_LOCAL = 48
"""Of DINO's local views: 96 of 224 px, as is its default, are 48 of 112."""


def train(lesson: Lesson, variant: str) -> nn.Module:
    """Pretrain torchvision's ResNet-18 from fresh weights.

    Augmentation, optimiser and schedule are the method's defaults, but for the size.
    """
    lightly = import_module("lightly_train")
    models = import_module("torchvision.models")
    import_module("pytorch_lightning").seed_everything(lesson.seed)
    network = models.resnet18(weights=None)
    images = sum(1 for _ in lesson.images.rglob("*.jpg"))
    lightly.pretrain(
        out=lesson.out / "run",
        data=lesson.images,
        model=network,
        method=variant,
        batch_size=_BATCH,
        epochs=-(-lesson.steps // (images // _BATCH)),
        accelerator="cpu",
        precision=fast_precision(),
        seed=lesson.seed,
        transform_args=_views(variant),
        trainer_args={"max_steps": lesson.steps},
    )
    network.fc = nn.Identity()
    return ImageNetInput(network)


def _views(method: str) -> dict[str, Any]:
    size: dict[str, Any] = {"image_size": (SIDE, SIDE)}
    if method == "dino":
        size["local_view"] = {"view_size": (_LOCAL, _LOCAL)}
    return size
