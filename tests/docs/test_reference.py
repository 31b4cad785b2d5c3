"""Pages that are made of the program are what it says today."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "make_reference.py"


@pytest.mark.slow
def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
