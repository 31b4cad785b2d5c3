"""Weights that others trained, made into a checkpoint of ours.

Legend: B batch, H rows, W columns.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.checkpoint import (
    WEIGHTS,
    Card,
    load_checkpoint,
    read_tensors,
    save_checkpoint,
)
from insonify.model.encoder import Encoder
from insonify.model.grey_stem import Normalisation, absorb, fold
from insonify.model.heads import HeadedEncoder
from insonify.model.original import Original, fill, restore
from insonify.model.sononet import SIZE, SonoNet, SonoNetHead, fill_from_arrays
from insonify.model.weight_files import read_weight_file

_MOST_DEVIATION: Final = 0.2
"""Above it an adopted encoder is not the original. Frame edges alone make 0.03 at 224 x
288 pixels and 0.1 at 64 x 80 (EfficientNet-Lite0 with ImageNet's normalisation); a
convolution that cannot be folded made 0.5 (NFNet, which standardises its filters)."""
_HEAD: Final = "head."


@dataclass(frozen=True, kw_only=True)
class AdoptOptions:
    """How foreign weights become a checkpoint."""

    size: tuple[int, int] | None = None
    """Rows and columns of the frames that it will be given. None: those on which it was
    trained, as far as is known, else 224 288."""
    name: str | None = None
    """Name of the recipe, under which reports show it; None: the architecture."""
    mean: tuple[float, ...] | None = None
    """What was subtracted from its frames, in [0, 1]: one value, or one each for red,
    green and blue. None: what timm says of the architecture."""
    std: tuple[float, ...] | None = None
    """What its frames were divided by; likewise."""

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise ConfigError("--mean and --std go together; pass both or neither")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is not None and len(values) not in (1, 3):
                raise ConfigError(f"--{name} takes 1 or 3 values, found {len(values)}")
        if self.std is not None and min(self.std) <= 0:
            raise ConfigError(f"--std must be above 0, found {min(self.std)}")
        if self.size is not None and min(self.size) < 1:
            raise ConfigError(f"--size must be at least 1, found {self.size}")

    @property
    def normalisation(self) -> Normalisation | None:
        """What the user says that the network was trained with."""
        if self.mean is None or self.std is None:
            return None
        return Normalisation(self.mean, self.std)


class _Adopted(NamedTuple):
    tensors: dict[str, Tensor]
    size: tuple[int, int]
    facts: dict[str, Any]


def adopt(architecture: str, path: Path, out: Path, options: AdoptOptions) -> Card:
    """Write a checkpoint with the weights of a file that others made.

    Args:
        architecture: A name in ``ARCHITECTURES`` or of a timm model.
        path: SonoNet16.npz for ``sononet16``; else the network's state, with one or
            three channels in, with or without its classifier, which is dropped.
        out: The checkpoint folder to make.
        options: Size, name, normalisation.

    Raises:
        CheckpointError: the file cannot be read safely, or does not fit.
        ConfigError: an option does not fit, or ``out`` exists.
    """
    if out.exists():
        raise ConfigError(f"{out}: exists; name a new folder")
    tensors = read_weight_file(path)
    try:
        sononet = architecture == "sononet16"
        found = (_sononet if sononet else _folded)(architecture, tensors, options)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    card = Card(
        architecture=architecture,
        size=options.size or found.size,
        provenance={
            "recipe": options.name or architecture,
            "weights": {"sha256": sha256, "bytes": path.stat().st_size},
            **found.facts,
            "subjects": [],
        },
    )
    save_checkpoint(out, found.tensors, card)
    return card


def load_sononet(path: Path) -> HeadedEncoder:
    """SonoNet with its own classifier, from a checkpoint that :func:`adopt` wrote.

    Returns:
        In evaluation mode: frames to scores of ``sononet.CLASSES``.

    Raises:
        CheckpointError: there is none, or it holds no such classifier.
    """
    encoder, head = load_checkpoint(path).encoder, SonoNetHead()
    tensors = {
        name.removeprefix(_HEAD): tensor
        for name, tensor in read_tensors(path / WEIGHTS).items()
        if name.startswith(_HEAD)
    }
    fill(head, tensors, "SonoNet's classifier")
    return HeadedEncoder(encoder, head).eval()


def _sononet(
    architecture: str, tensors: Mapping[str, Tensor], options: AdoptOptions
) -> _Adopted:
    if options.mean is not None:
        raise ConfigError("sononet16 normalises each frame; drop --mean and --std")
    encoder, head = Encoder(architecture), SonoNetHead()
    assert isinstance(encoder.backbone, SonoNet)
    fill_from_arrays(encoder.backbone, head, tensors)
    return _Adopted(_prefixed("encoder.", encoder) | _prefixed(_HEAD, head), SIZE, {})


def _folded(
    architecture: str, tensors: Mapping[str, Tensor], options: AdoptOptions
) -> _Adopted:
    original = restore(architecture, tensors, options.normalisation)
    stem = fold(original.stem_OCRS, original.normalisation)
    state = {name: each.clone() for name, each in original.net.state_dict().items()}
    absorb(state, original.layout.conv, stem, original.net)
    encoder = Encoder(architecture, mean=stem.mean, std=stem.std).eval()
    encoder.backbone.load_state_dict(state)
    size = options.size or original.layout.size
    deviation = _deviation(encoder, original, size)
    if deviation > _MOST_DEVIATION:
        raise CheckpointError(
            f"on grey frames of {size[0]} x {size[1]} the encoder differs from the "
            f"original by {deviation:.2f} of its features: the first convolution of "
            f"{architecture} cannot be folded for such frames; pass a larger --size or "
            "use another architecture"
        )
    facts = {**original.normalisation._asdict(), "deviation": deviation}
    return _Adopted(_prefixed("encoder.", encoder), original.layout.size, facts)


def _deviation(encoder: Encoder, original: Original, size: tuple[int, int]) -> float:
    """How much features differ from the original's, as a share of their length."""
    draw = torch.Generator().manual_seed(0)
    coarse = [max(side // 8, 2) for side in size]
    grey_BHW = functional.interpolate(
        torch.rand((4, 1, *coarse), generator=draw), size, mode="bilinear"
    )[:, 0]
    try:
        with torch.no_grad():
            wanted_BD, found_BD = original.features(grey_BHW), encoder(grey_BHW)
    except (AssertionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{encoder.architecture} takes no frames of {size[0]} x {size[1]} "
            f"({error}); pass another --size"
        ) from None
    return float((found_BD - wanted_BD).norm() / wanted_BD.norm())


def _prefixed(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}{name}": each for name, each in module.state_dict().items()}
