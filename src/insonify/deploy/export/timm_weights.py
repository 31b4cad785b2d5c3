"""Weights for a network that timm builds by itself, with or without a classifier.

Legend: B frames, H rows, W columns, C classes, D features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import timm
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from insonify.core.errors import ConfigError
from insonify.core.files import write_json
from insonify.deploy.export.graph import on_cpu
from insonify.model.encoder import Encoder
from insonify.transfer.fitted_probe import FittedProbe

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
_HALF: Final = [32, 64, 128, 256]


class Recipe(NamedTuple):
    """A name of timm, and the arguments with which it is an architecture of ours."""

    name: str
    arguments: dict[str, Any]


_OURS: Final = {
    "resnet10_half": Recipe("resnet18", {"layers": [1, 1, 1, 1], "channels": _HALF}),
    "resnet18_half": Recipe("resnet18", {"channels": _HALF}),
    "seresnext50_half": Recipe(
        "seresnext50_32x4d", {"cardinality": 16, "base_width": 8, "channels": _HALF}
    ),
}


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A network of timm with weights of ours; it takes normalised frames."""

    recipe: Recipe
    net: nn.Module
    classes: tuple[str, ...]

    @property
    def build(self) -> dict[str, Any]:
        """What makes the network: the name and all arguments of timm.create_model."""
        sort = {"in_chans": 1, "num_classes": len(self.classes)}
        return {"model_name": self.recipe.name, **sort, **self.recipe.arguments}


def timm_weights(
    encoder: Encoder, probe: FittedProbe | None, classes: tuple[str, ...]
) -> Weights:
    """The encoder, with a probe folded into a classifier, as timm has it.

    Raises:
        ConfigError: timm has no such network.
    """
    recipe = _recipe(encoder.architecture)
    count = len(classes) if probe is not None else 0
    net: nn.Module = timm.create_model(
        recipe.name, in_chans=1, num_classes=count, **recipe.arguments
    )
    state = dict(on_cpu(encoder).backbone.state_dict())
    if probe is not None:
        state |= _classifier(net, probe)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise ConfigError(
            f"timm's {recipe.name} takes no classifier of these heads ({first}); leave "
            "out --heads, or use --to onnx or --to torch"
        ) from None
    return Weights(recipe=recipe, net=net.eval(), classes=classes if count else ())


def write_weights(path: Path, weights: Weights) -> None:
    """Write the state of the network as safetensors."""
    state = {name: each.contiguous() for name, each in weights.net.state_dict().items()}
    save_file(state, path, {"format": "pt"})


def write_config(
    path: Path, weights: Weights, size: tuple[int, int], mean: float, std: float
) -> None:
    """Write the ``config.json`` from which timm loads a folder."""
    known: Mapping[str, Any] = weights.net.default_cfg  # type: ignore[assignment]
    net: Any = weights.net
    write_json(
        path,
        {
            "architecture": weights.recipe.name,
            "num_classes": len(weights.classes),
            "num_features": net.num_features,
            **({"label_names": list(weights.classes)} if weights.classes else {}),
            "model_args": {"in_chans": 1, **weights.recipe.arguments},
            "pretrained_cfg": {
                "input_size": [1, *size],
                "fixed_input_size": bool(known.get("fixed_input_size", False)),
                "interpolation": "bilinear",
                "crop_pct": 1.0,
                "crop_mode": "center",
                "mean": [mean],
                "std": [std],
                "num_classes": len(weights.classes),
                "first_conv": known.get("first_conv"),
                "classifier": known.get("classifier"),
            },
        },
    )


def rebuilt(folder: Path, build: Mapping[str, Any]) -> nn.Module:
    """The network as a user of timm builds it from an export to timm."""
    net: nn.Module = timm.create_model(**build)
    net.load_state_dict(load_file(folder / WEIGHTS))
    return net.eval()


def from_folder(folder: Path) -> nn.Module:
    """The network as timm loads it from an export to huggingface."""
    net: nn.Module = timm.create_model(f"local-dir:{folder}", pretrained=True)
    return net.eval()


def normalised(frames_BHW: Tensor, mean: float, std: float) -> Tensor:
    """What such a network takes: (B, 1, H, W)."""
    return ((frames_BHW.float() / 255 - mean) / std)[:, None]


def _recipe(architecture: str) -> Recipe:
    if architecture in _OURS:
        return _OURS[architecture]
    if not timm.is_model(architecture):
        raise ConfigError(
            f"timm has no {architecture}, so that it cannot load its weights; use --to "
            "onnx or --to torch"
        )
    return Recipe(architecture.partition(".")[0], {})


def _classifier(net: nn.Module, probe: FittedProbe) -> dict[str, Tensor]:
    """Weights of a classifier on raw features: standardisation is folded in."""
    known: Mapping[str, Any] = net.default_cfg  # type: ignore[assignment]
    name = known["classifier"]
    scaled_CD = probe.weights_CD * probe.scale_D
    bias_C = probe.bias_C - scaled_CD @ probe.mean_D
    return {
        f"{name}.weight": torch.from_numpy(scaled_CD).float(),
        f"{name}.bias": torch.from_numpy(bias_C).float(),
    }
