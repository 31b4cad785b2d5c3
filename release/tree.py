"""The files that a release is made of: what git tracks, and what it does not ignore.

Building happens in a copy of them. The checkout itself would not do: setuptools takes
over what an earlier build left in ``build/`` and in ``*.egg-info``.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def release_files(root: Path = ROOT) -> list[str]:
    """Paths below ``root``, with slashes, in order."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    names = sorted({name for name in listed.decode().split("\0") if name})
    return [name for name in names if (root / name).is_file()]


def copy_tree(target: Path, root: Path = ROOT) -> list[str]:
    """Copy the files of a release into a new folder; returns their paths."""
    names = release_files(root)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)
    return names


def release_time(root: Path = ROOT) -> int:
    """Seconds since 1970 that stand in what is built: the last commit's.

    ``SOURCE_DATE_EPOCH`` goes before it.
    """
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(
        subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    )
