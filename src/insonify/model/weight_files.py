"""Weights that others trained, read without executing anything that a file holds."""

import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from insonify.core.errors import CheckpointError

_WRAPPINGS: Final = ("state_dict", "model")
"""Keys under which training scripts keep the weights, beside other things."""
_PARALLEL: Final = "module."
"""What torch puts before every name when it trains on several devices."""
_GROWTH: Final = 20
"""Times its size on disk that a file may hold: learnt numbers hardly compress."""
_SMALL: Final = 2**24
"""Bytes that any file may hold."""
_DAMAGE: Final = (
    *(OSError, RuntimeError, EOFError, LookupError, MemoryError, AttributeError),
    *(SafetensorError, struct.error, zipfile.BadZipFile, AssertionError),
)
"""What readers of others raise besides what they are meant to."""


def read_weight_file(path: Path) -> dict[str, Tensor]:
    """Read named tensors, on the CPU; floating-point numbers become float32.

    Args:
        path: A .safetensors file, an .npz of plain arrays, or a torch file that holds
            tensors and plain values only.

    Raises:
        CheckpointError: the file is missing, damaged, of another kind, or would have
            to execute code to be read.
    """
    if path.suffix not in _READERS:
        raise CheckpointError(
            f"{path}: no file of weights (its name ends in {path.suffix!r}); name one "
            f"that ends in {', '.join(_READERS)}"
        )
    try:
        most = _GROWTH * path.stat().st_size + _SMALL
        _check_unpacked(path, most)
        found = _READERS[path.suffix](path)
    except (pickle.UnpicklingError, ValueError, TypeError):
        raise CheckpointError(
            f"{path}: holds more than plain tensors, or is damaged; it was refused "
            "without executing what it holds; name a file of tensors only, such as "
            ".safetensors"
        ) from None
    except _DAMAGE as error:
        raise CheckpointError(
            f"{path}: cannot be read ({_first_line(error)}); fetch it again"
        ) from None
    tensors = _tensors(found, path)
    _check_plain(tensors, path, most)
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def _check_unpacked(path: Path, most: int) -> None:
    """Refuse a zip, as torch and NumPy write, that is small and holds much."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            held = sum(member.file_size for member in archive.infolist())
        if held > most:
            raise _too_much(path, held, most)


def _check_plain(tensors: Mapping[str, Tensor], path: Path, most: int) -> None:
    """Refuse tensors that are no arrays of numbers, or that share few numbers.

    Sparse ones may point anywhere, and an expanded one may be larger than any memory.
    """
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_meta or tensor.is_quantized:
            raise CheckpointError(
                f"{path}: {name[:100]!r} is no plain tensor but sparse, quantised or "
                "empty; save it as `tensor.to_dense()` or `tensor.dequantize()`"
            )
    held = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if held > most:
        raise _too_much(path, held, most)


def _too_much(path: Path, held: int, most: int) -> CheckpointError:
    return CheckpointError(
        f"{path}: would take {held / 1e9:.3g} GB, as it says, and a file of its size "
        f"at most {most / 1e9:.3g}; save the weights again without compression"
    )


def _of_numpy(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def _of_torch(path: Path) -> Any:
    with warnings.catch_warnings(action="ignore"):  # It warns of pickles' age.
        return torch.load(path, map_location="cpu", weights_only=True)


_READERS: Final[dict[str, Callable[[Path], Any]]] = {
    ".safetensors": load_file,
    ".npz": _of_numpy,
    ".pth": _of_torch,
    ".pt": _of_torch,
    ".bin": _of_torch,
}


def _tensors(found: Any, path: Path) -> dict[str, Tensor]:
    """The named tensors, out of what training scripts wrap them in."""
    for key in _WRAPPINGS:
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    named = isinstance(found, dict) and found
    if not named or not all(isinstance(item, Tensor) for item in found.values()):
        raise CheckpointError(
            f"{path}: holds no table of named tensors; name a file of weights, such as "
            "`torch.save(model.state_dict(), ...)` writes"
        )
    if all(name.startswith(_PARALLEL) for name in found):
        return {name.removeprefix(_PARALLEL): each for name, each in found.items()}
    return dict(found)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
