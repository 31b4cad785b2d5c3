"""A network as others trained it, before it is made grey.

Legend: B batch, H rows, W columns, D features, O channels out, C channels in, R rows
and S columns of filters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import timm
import torch
from torch import Tensor, nn

from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.backbones import ARCHITECTURES
from insonify.model.efficientnet_names import as_in_timm
from insonify.model.encoder import Encoder
from insonify.model.grey_stem import Normalisation
from insonify.model.sononet import SIZE


class Layout(NamedTuple):
    """What must be known of an architecture."""

    conv: str
    """Its first convolution."""
    classifiers: tuple[str, ...]
    normalisation: Normalisation | None
    """Of its usual weights, if known."""
    size: tuple[int, int]
    """Rows and columns of its usual frames."""


@dataclass(frozen=True, kw_only=True)
class Original:
    """A network without its classifier, in evaluation mode."""

    net: nn.Module
    layout: Layout
    normalisation: Normalisation
    """With which it was trained."""

    @property
    def stem_OCRS(self) -> Tensor:
        """Weights of its first convolution."""
        return self.net.get_parameter(f"{self.layout.conv}.weight").detach()

    def features(self, grey_BHW: Tensor) -> Tensor:
        """Its features (B, D) of grey frames in [0, 1], repeated for each channel."""
        mean_C, std_C = (
            torch.tensor(values)[:, None, None] for values in self.normalisation
        )
        normalised_BCHW = (grey_BHW[:, None] - mean_C) / std_C
        features_BD: Tensor = self.net(
            normalised_BCHW.expand(-1, self.stem_OCRS.shape[1], -1, -1)
        )
        return features_BD


def restore(
    architecture: str, tensors: Mapping[str, Tensor], told: Normalisation | None
) -> Original:
    """The network that a file's tensors belong to.

    Args:
        architecture: A ResNet in ``ARCHITECTURES``, or a timm model.
        tensors: Its state, with one or three channels in; a classifier is dropped.
        told: The normalisation, where the user says so.

    Raises:
        CheckpointError: the tensors do not fit.
        ConfigError: there is no such architecture, or no normalisation is known.
    """
    layout = _layout(architecture)
    names = Encoder(architecture).backbone.state_dict()
    dropped = tuple(f"{name}." for name in layout.classifiers)
    renamed = as_in_timm(tensors, names)
    kept = {k: v for k, v in renamed.items() if not k.startswith(dropped)}
    weight = kept.get(f"{layout.conv}.weight")
    colour = weight is not None and weight.ndim == 4 and weight.shape[1] == 3
    channels = 3 if colour else 1
    net = Encoder(architecture, channels=channels).backbone.eval()
    fill(net, kept, architecture)
    normalisation = _normalisation(told or layout.normalisation, channels)
    return Original(net=net, layout=layout, normalisation=normalisation)


def fill(net: nn.Module, tensors: Mapping[str, Tensor], what: str) -> None:
    """Set a network's state, all of it and nothing else.

    Raises:
        CheckpointError: a tensor is missing, left over or of another shape.
    """
    wanted = net.state_dict()
    # Files older than torch 0.4 do not count batches.
    counts = {name for name in wanted if name.endswith("num_batches_tracked")}
    missing = [name for name in wanted if name not in tensors and name not in counts]
    unknown = [name for name in tensors if name not in wanted]
    shapes = [
        f"{name} is {tuple(tensors[name].shape)}, wanted {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in tensors and tensors[name].shape != tensor.shape
    ]
    odd = {"missing": missing, "unknown": unknown, "of another shape": shapes}
    if missing or unknown or shapes:
        found = "; ".join(f"{len(n)} {how} ({n[0]})" for how, n in odd.items() if n)
        raise CheckpointError(
            f"does not fit {what}: of its tensors {found}; name the architecture whose "
            "weights these are"
        )
    net.load_state_dict(dict(tensors), strict=False)


def _layout(architecture: str) -> Layout:
    if architecture in ARCHITECTURES:
        return Layout("conv1", ("fc",), None, SIZE)
    Encoder(architecture)  # An unknown name is refused with near ones.
    known = timm.get_pretrained_cfg(architecture)
    if known is None or not known.first_conv or not isinstance(known.first_conv, str):
        raise ConfigError(
            f"{architecture} has no single first convolution to be made grey; use "
            "another architecture"
        )
    named = known.classifier or ()
    classifiers = (named,) if isinstance(named, str) else tuple(named)
    normalisation = Normalisation(tuple(known.mean), tuple(known.std))
    rows, columns = known.input_size[1:]
    return Layout(known.first_conv, classifiers, normalisation, (rows, columns))


def _normalisation(known: Normalisation | None, channels: int) -> Normalisation:
    if known is not None and all(len(set(values)) == 1 for values in known):
        return Normalisation(known.mean[:1], known.std[:1])
    if known is None or channels == 1:
        raise ConfigError(
            f"with what normalisation these weights of {channels} channel(s) were "
            "trained is not known; pass --mean and --std, grey levels in [0, 1]"
        )
    return known
