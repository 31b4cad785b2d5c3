"""No file that is read is executed: not weights, not heads, not arrays."""

import ast
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch

import insonify
from insonify.cli.main import run as command
from tests.safety.malicious import Malicious, works

PACKAGE: Final = Path(insonify.__file__).parent
FORBIDDEN: Final = frozenset(
    {
        *("pickle.load", "pickle.Unpickler", "joblib.load", "dill.load", "dill.loads"),
        *("cloudpickle.load", "cloudpickle.loads", "marshal.loads", "shelve.open"),
        *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "os.system", "os.popen"),
        *("eval", "exec", "torch.hub.load", "torch.jit.load", "pandas.read_pickle"),
    }
)
"""Calls that execute what they read."""
DEMANDED: Final = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
    "np.lib.format.read_array": ("allow_pickle", False),
    "npy.read_array": ("allow_pickle", False),
}
"""Calls that must be given a value."""


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def offences(source: str) -> list[str]:
    """Calls in a module that may execute what they read."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        given = {each.arg: ast.unparse(each.value) for each in node.keywords}
        name, value = DEMANDED.get(called(node), (None, None))
        missing = name is not None and given.get(name) != str(value)
        if called(node) in FORBIDDEN or missing or given.get("shell") == "True":
            found.append(ast.unparse(node))
        if called(node) == "pickle.loads" and "pickle.dumps" not in ast.unparse(node):
            found.append(ast.unparse(node))
    return found


def test_no_module_calls_what_executes_what_it_reads() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): offences(path.read_text())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: calls for name, calls in found.items() if calls} == {}
    assert len(found) > 100


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(p)",
        "torch.load(p, weights_only=False)",
        "np.load(p)",
        "yaml.load(t)",
        "pickle.loads(d)",
        "subprocess.run(c, shell=True)",
        "eval(t)",
    ],
)
def test_the_look_at_modules_finds_what_it_looks_for(line: str) -> None:
    assert offences(line)


def as_pickle(thing: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(thing))


def as_array(thing: Any, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.array([thing], object), allow_pickle=True)


def tamper(source: Path, copy: Path, name: str, trace: Path) -> Path:
    """A copy of a healthy folder of which one file is a malicious pickle."""
    shutil.copytree(source, copy)
    as_pickle({"encoder.mean": Malicious(trace)}, copy / name)
    return copy


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("w.pth", torch.save),
        ("w.pt", as_pickle),
        ("w.bin", as_pickle),
        ("w.ckpt", torch.save),
        ("w.safetensors", as_pickle),
        ("w.npz", as_array),
    ],
)
def test_adopting_weights_executes_nothing(
    name: str,
    write: Callable[[Any, Path], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace = tmp_path / "trace"
    assert works(trace)
    write({"state_dict": {"conv1.weight": Malicious(trace)}}, tmp_path / name)
    words = f"adopt resnet18 {tmp_path / 'out'} --weights {tmp_path / name}"
    assert command(words.split()) == 2
    said = capsys.readouterr().err
    assert name in said
    assert "Traceback" not in said
    assert not trace.exists()
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_whose_weights_are_a_pickle(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace"
    copy = tamper(checkpoint, tmp_path / "copy", "weights.safetensors", trace)
    with pytest.raises(insonify.InsonifyError, match=r"weights\.safetensors"):
        insonify.load_encoder(copy)
    assert command(["card", str(copy), "--out", str(tmp_path / "card.html")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not trace.exists()


def test_heads_whose_weights_are_a_pickle(
    checkpoint: Path, heads: Path, tmp_path: Path
) -> None:
    from insonify.deploy.heads import Heads  # noqa: PLC0415 - a second to import

    trace = tmp_path / "trace"
    copy = tamper(heads, tmp_path / "copy", "heads.safetensors", trace)
    with pytest.raises(insonify.InsonifyError, match=r"heads\.safetensors"):
        Heads.load(copy, insonify.load_checkpoint(checkpoint))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["a.npy", "a.dcm", "a.mat"])
def test_a_recording_that_is_a_pickle(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace"
    write = as_array if name == "a.npy" else as_pickle
    write(Malicious(trace), tmp_path / name)
    assert command(["inspect", str(tmp_path / name)]) == 1
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert not trace.exists()
