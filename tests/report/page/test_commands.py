"""The commands that a report shows make the very same options again."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from insonify.cli.main import run as run_command
from insonify.cli.pretrain import Pretrain
from insonify.cli.transfer import TransferPlanes
from insonify.core.config import to_plain
from insonify.recipes import RECIPES
from insonify.report.page.commands import pretrain_command, transfer_commands
from insonify.transfer.planes import PlanesOptions


def parsed(command: str, kind: type[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The options that a command line is understood as."""
    found: list[Any] = []

    def run(self: Any) -> int:
        found.append(self.options)
        return 0

    monkeypatch.setattr(kind, "run", run)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "insonify"
    assert run_command(words[1:]) == 0
    return found[0]


@pytest.mark.parametrize("recipe", ["insonify", "siamese"])
def test_a_run_is_made_again(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = replace(RECIPES[recipe](), split="five", fold=3, seed=7, steps=11)
    command = pretrain_command(to_plain(options))
    assert "STORE RUN" in command
    assert parsed(command, Pretrain, monkeypatch) == options


def test_predictions_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    options = PlanesOptions(
        task="plane", split="five", protocols=("knn",), fractions=(0.1, 1.0), seeds=(4,)
    )
    (command,) = transfer_commands(True, {"options": to_plain(options)})
    assert parsed(command, TransferPlanes, monkeypatch) == options
    both = {"parts": [{"options": {"seed": 1}}, {"options": {"seed": 2}}, {}]}
    assert len(transfer_commands(False, both)) == 2
