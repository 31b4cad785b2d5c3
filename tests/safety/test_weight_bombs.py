"""Small files of weights that would fill the memory: refused before they do."""

import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from insonify.core.errors import CheckpointError
from insonify.model.weight_files import read_weight_file
from tests.safety.little_memory import in_little_memory


def header(count: int) -> bytes:
    """The head of an array file."""
    file = io.BytesIO()
    fields = {"descr": "<f4", "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


def lying_array(path: Path) -> None:
    """4 TB, says a file of 300 bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", header(10**12) + bytes(64))


def packed_zeros(path: Path) -> None:
    """64 MB of nothing, in 64 KB."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(header(2**24))
        for _ in range(2**2):
            member.write(bytes(2**24))


def packed_tensor(path: Path) -> None:
    """A tensor of zeros whose file was compressed."""
    torch.save({"a": torch.zeros(2**23)}, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def expanded(path: Path) -> None:
    """One number, shown 2^31 times; as float32 it would take 8 GB."""
    one = torch.zeros(1, dtype=torch.float16)
    torch.save({"a": one.expand(2**16, 2**15)}, path)


def many_views(path: Path) -> None:
    """The same 4 MB under a thousand names."""
    one = torch.zeros(2**21, dtype=torch.float16)
    torch.save({f"a{number}": one.view(-1) for number in range(1000)}, path)


def without_numbers(path: Path) -> None:
    torch.save({"a": torch.empty(10**6, 10**6, device="meta")}, path)


def pointing_anywhere(path: Path) -> None:
    """A sparse tensor: its indices are addresses, and nobody checks them."""
    sparse = torch.sparse_coo_tensor(
        torch.full((1, 1), 3), torch.ones(1), (4,), check_invariants=False
    )
    torch.save({"a": sparse}, path)


def endless_head(path: Path) -> None:
    path.write_bytes((2**60).to_bytes(8, "little") + b"{}")


BOMBS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "lying array": ("w.npz", lying_array),
    "packed zeros": ("w.npz", packed_zeros),
    "packed tensor": ("w.pt", packed_tensor),
    "expanded": ("w.pth", expanded),
    "many views": ("w.pth", many_views),
    "without numbers": ("w.pth", without_numbers),
    "pointing anywhere": ("w.pth", pointing_anywhere),
    "endless head": ("w.safetensors", endless_head),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What reading each bomb says, in a process that may take 512 MB more."""
    folder, paths = tmp_path_factory.mktemp("bombs"), {}
    for bomb, (name, write) in BOMBS.items():
        paths[bomb] = folder / bomb / name
        paths[bomb].parent.mkdir()
        write(paths[bomb])
    return in_little_memory(
        "from insonify.model.weight_files import read_weight_file",
        "read_weight_file(path)",
        paths,
    )


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused(bomb: str, verdicts: dict[str, str]) -> None:
    assert verdicts[bomb].startswith("CheckpointError: "), verdicts[bomb]
    much = bomb in ("packed zeros", "packed tensor", "expanded", "many views")
    assert ("GB, as it says" in verdicts[bomb]) == much, verdicts[bomb]


def test_weights_that_are_shared_or_half_as_long_are_taken(tmp_path: Path) -> None:
    tied = torch.ones(300, dtype=torch.float16)
    torch.save({"a": tied, "b": tied.view(30, 10)}, tmp_path / "w.pth")
    found = read_weight_file(tmp_path / "w.pth")
    assert found["b"].shape == (30, 10)
    assert found["a"].dtype == torch.float32


@pytest.mark.parametrize("name", ["w.pth", "w.npz", "w.safetensors"])
def test_no_damage_is_an_exception(name: str, tmp_path: Path) -> None:
    path, draw = tmp_path / name, random.Random(0)
    tensors = {"a.weight": torch.ones(3, 4), "n": torch.tensor(2)}
    write: Any = {"w.pth": torch.save, "w.safetensors": save_file}.get(name)
    if write is None:
        arrays: Any = {key: value.numpy() for key, value in tensors.items()}
        np.savez(path, **arrays)
    else:
        write(tensors, path)
    whole = path.read_bytes()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(draw.choice((1, 2, 5))):
            damaged[draw.randrange(len(whole))] = draw.randrange(256)
        path.write_bytes(damaged)
        with suppress(CheckpointError):
            read_weight_file(path)
