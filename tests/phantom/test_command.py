from pathlib import Path

import pytest
import tyro

from insonify.cli.phantom import Phantom
from insonify.core.config import load_config
from insonify.core.errors import ConfigError
from insonify.phantom import PhantomOptions

TINY = [
    *("--subjects", "1", "--sweeps", "1", "--seconds", "1", "--fps", "8"),
    *("--size", "64", "64", "--seed", "4"),
]


def test_the_command_draws_and_sums_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = tyro.cli(Phantom, args=[str(tmp_path / "out"), *TINY])
    assert command.run() == 0
    shown = capsys.readouterr().out
    assert "background" in shown
    assert "1 subjects" in shown
    recorded = load_config(PhantomOptions, tmp_path / "out" / "phantom.json")
    assert (recorded.seed, recorded.size) == (4, (64, 64))
    with pytest.raises(ConfigError, match="--overwrite"):
        command.run()
    again = tyro.cli(Phantom, args=[str(tmp_path / "out"), *TINY, "--overwrite"])
    assert again.run() == 0
