"""stable-pretraining's arm: the SimCLR example of its README on an image folder."""

from importlib import import_module
from typing import Any

from peers_arms import SIDE, VIEWS, Lesson
from peers_images import ImageNetInput, fast_precision
from torch import nn
from torch.utils.data import DataLoader

_WORKERS = 2


def train(lesson: Lesson, _: str) -> nn.Module:
    """Pretrain torchvision's ResNet-18 from fresh weights.

    As its README does, but for the size, its mean and deviation, the scheduler, which
    steps with every batch since there are few epochs, and logs and checkpoints, of
    which there are none.
    """
    spt = import_module("stable_pretraining")
    lightning = import_module("lightning.pytorch")
    lightning.seed_everything(lesson.seed)
    backbone = spt.backbone.from_torchvision("resnet18", low_resolution=False)
    backbone.fc = nn.Identity()
    widths = 512, 2048, 2048, 256
    module = spt.Module(
        backbone=backbone,
        projector=_projector(*widths),
        forward=import_module("stable_pretraining.forward").simclr,
        simclr_loss=spt.losses.NTXEntLoss(temperature=0.5),
        optim={
            "optimizer": {"type": "LARS", "lr": 5, "weight_decay": 1e-6},
            "scheduler": {"type": "LinearWarmupCosineAnnealing"},
            "interval": "step",
        },
    )
    trainer = lightning.Trainer(
        max_steps=lesson.steps,
        accelerator="cpu",
        precision=fast_precision(),
        default_root_dir=lesson.out,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        limit_val_batches=0,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, datamodule=spt.data.DataModule(train=_loader(spt, lesson)))
    return ImageNetInput(backbone)


def _projector(first: int, second: int, third: int, last: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(first, second),
        nn.BatchNorm1d(second),
        nn.ReLU(inplace=True),
        nn.Linear(second, third),
        nn.BatchNorm1d(third),
        nn.ReLU(inplace=True),
        nn.Linear(third, last),
    )


def _loader(spt: Any, lesson: Lesson) -> DataLoader[Any]:
    folder = import_module("torchvision.datasets").ImageFolder(lesson.images.parent)
    transforms = import_module("stable_pretraining.data.transforms")
    views = [_view(spt, transforms, 0.2), _view(spt, transforms, 0.08, solarised=True)]
    dataset = spt.data.FromTorchDataset(
        folder,
        names=["image", "label"],
        transform=transforms.MultiViewTransform(views),
    )
    return DataLoader(
        dataset, VIEWS // 2, shuffle=True, drop_last=True, num_workers=_WORKERS
    )


def _view(spt: Any, t: Any, least: float, *, solarised: bool = False) -> Any:
    jitter = t.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1, p=0.8)
    return t.Compose(
        t.RGB(),
        t.RandomResizedCrop((SIDE, SIDE), scale=(least, 1.0)),
        t.RandomHorizontalFlip(p=0.5),
        jitter,
        t.RandomGrayscale(p=0.2),
        *([t.RandomSolarize(threshold=0.5, p=0.2)] if solarised else []),
        t.ToImage(**spt.data.static.ImageNet),
    )
