"""Every example runs, as it is, in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
SAYS = {
    "whole_job": ("taken: 12 of 12 files", "| demo | linear |", "saliency: (4, 7, 9)"),
    "sklearn_frames": ("linear: macro F1", "best of all:", "the same answers"),
    "lightning_module": ("accuracy on unseen subjects:", "kept: lightning"),
    "monai_pipeline": ("on unseen subjects: AUROC",),
}
"""What each prints, among other things."""


def test_no_example_is_left_out() -> None:
    found = {path.stem for path in EXAMPLES.glob("*.py")}
    assert found == {*SAYS, "synthetic"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_the_example_runs(name: str, tmp_path: Path) -> None:
    if name.startswith("monai") and importlib.util.find_spec("monai") is None:
        pytest.skip("MONAI is not installed here: pip install monai")
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", tmp_path / "out"],
        cwd=tmp_path,
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in SAYS[name]:
        assert words in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"out"}  # Nothing else.
