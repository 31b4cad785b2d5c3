"""The README's example runs as it is written."""

import re
from pathlib import Path

import pytest

from insonify.model.checkpoint import Card, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.model.joint import JointModel
from insonify.store import Store

README = Path(__file__).parents[1] / "README.md"


def test_the_python_example_runs(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(store.path.parent)
    store.path.rename("STORE")
    card = Card(architecture="resnet18", size=(112, 144), provenance={})
    model = JointModel(Encoder("resnet18"), {})
    save_checkpoint(Path("runs/fold-0"), model.state_dict(), card)
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "torch.Size([12, 512])" in capsys.readouterr().out


def test_every_command_of_the_readme_exists() -> None:
    commands = set(re.findall(r"^ {4}insonify ([a-z]+)", README.read_text(), re.M))
    package = README.parent / "src" / "insonify" / "cli"
    assert commands
    for command in commands:
        assert (package / f"{command}.py").exists(), command
