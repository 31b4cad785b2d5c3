"""Writes what an environment consists of, as CycloneDX: ``python sbom.py PYTHON OUT``.

The environment should have the wheel and what it needs, and nothing else;
``check_wheel.py`` makes one.
"""

import subprocess
import sys
from pathlib import Path

from tree import ROOT, release_time


def write_sbom(python: Path, out: Path) -> None:
    """Write a CycloneDX 1.6 JSON of an environment; the same one gives the same file.

    Args:
        python: The environment's interpreter.
        out: File to write.
    """
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "environment"),
        *("--pyproject", ROOT / "pyproject.toml", "--mc-type", "library"),
        *("--output-reproducible", "--validate", "--output-file", out, python),
    ]
    epoch = {"SOURCE_DATE_EPOCH": str(release_time())}
    subprocess.run([str(word) for word in command], check=True, env=epoch)


if __name__ == "__main__":
    write_sbom(Path(sys.argv[1]), Path(sys.argv[2]))
