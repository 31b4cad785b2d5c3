"""Learnt heads in a folder: safetensors and JSON, no pickle."""

import hashlib
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.files import new_folder, write_json
from insonify.core.records import read_of_format
from insonify.deploy.decoder import rebuild_decoder
from insonify.deploy.head_options import HeadsCard
from insonify.model.checkpoint import Checkpoint, read_tensors
from insonify.transfer.fitted_probe import FittedProbe

FORMAT: Final = 1
CARD: Final = "heads.json"
WEIGHTS: Final = "heads.safetensors"
_PROBE: Final = "probe."
_DECODER: Final = "decoder."


def fingerprint(checkpoint: Checkpoint) -> str:
    """A hash of the encoder's weights and of how it sees frames."""
    found = hashlib.sha256(f"{checkpoint.architecture} {checkpoint.size}".encode())
    for name, tensor in sorted(checkpoint.encoder.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def write_heads(
    folder: Path,
    card: HeadsCard,
    probe: FittedProbe | None,
    decoder: nn.Sequential | None,
) -> None:
    """Write heads to a new folder; see ``Heads.save``."""
    if folder.exists():
        raise ConfigError(f"{folder}: exists; name a new folder for the heads")
    tensors: dict[str, Tensor] = {}
    if probe is not None:
        for name, values in vars(probe).items():
            tensors[_PROBE + name] = torch.from_numpy(values).contiguous()
    if decoder is not None:
        for name, tensor in decoder.state_dict().items():
            tensors[_DECODER + name] = tensor.detach().cpu().contiguous()
    with new_folder(folder) as draft:
        save_file(tensors, draft / WEIGHTS)
        write_json(draft / CARD, {"format": FORMAT, **to_plain(card)})


def read_heads(
    folder: Path, checkpoint: Checkpoint
) -> tuple[HeadsCard, FittedProbe | None, nn.Sequential | None]:
    """Read heads that belong to a checkpoint; see ``Heads.load``."""
    card = _read_card(folder)
    if card.checkpoint != fingerprint(checkpoint):
        raise CheckpointError(
            f"{folder}: these heads were learnt on another encoder; name that "
            "checkpoint, or another folder for the heads of this one"
        )
    tensors = read_tensors(folder / WEIGHTS)
    try:
        probe, decoder = _probe(tensors), _decoder(tensors)
        _check_fit(probe, len(card.classes), checkpoint.encoder.dim)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder}: {WEIGHTS} does not fit {CARD} ({error}); learn the heads again"
        ) from None
    return card, probe, decoder


def _check_fit(probe: FittedProbe | None, classes: int, dim: int) -> None:
    """Refuse a probe of other classes or features than the card and encoder have."""
    expected = {
        "mean_D": (dim,),
        "scale_D": (dim,),
        "weights_CD": (classes, dim),
        "bias_C": (classes,),
    }
    for name, values in vars(probe).items() if probe is not None else ():
        if values.shape != expected[name]:
            raise ValueError(f"{name} has shape {values.shape}, not {expected[name]}")


def _probe(tensors: dict[str, Tensor]) -> FittedProbe | None:
    found = _below(tensors, _PROBE)
    if not found:
        return None
    return FittedProbe(**{name: tensor.numpy() for name, tensor in found.items()})


def _decoder(tensors: dict[str, Tensor]) -> nn.Sequential | None:
    found = _below(tensors, _DECODER)
    return rebuild_decoder(found) if found else None


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _read_card(folder: Path) -> HeadsCard:
    plain = read_of_format(
        folder / CARD,
        FORMAT,
        what="a folder of learnt heads, or a new one to keep them in",
        other="learn the heads again",
    )
    return from_plain(HeadsCard, plain, str(folder / CARD))
