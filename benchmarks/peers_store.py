"""A small store to compare on, where none is given."""

import shutil
import subprocess
import sys
from pathlib import Path

SPLIT = "thirds"
"""Split of the store that is made here."""


def phantom_store(folder: Path) -> Path:
    """A small store of synthetic sweeps with labels and a split; made if missing."""
    store, phantom, done = folder / "store", folder / "phantom", folder / "store.done"
    if done.exists():
        return store
    shutil.rmtree(store, ignore_errors=True)
    key = ["--key", folder / "site.key"]
    told = ["--subjects", phantom / "subjects.csv"]
    told += ["--label-table", phantom / "labels.csv"]
    drawn = ["--subjects", 18, "--seconds", 4, "--fps", 15, "--workers", 2]
    _insonify("phantom", phantom, *drawn, "--overwrite")
    _insonify("ingest", phantom / "videos", store, *told, *key)
    _insonify("split", store, SPLIT, "--folds", 3, "--task", "plane")
    done.touch()
    return store


def _insonify(*words: object) -> None:
    command = [sys.executable, "-m", "insonify", *map(str, words)]
    print("$ insonify", *command[3:], flush=True)
    subprocess.run(command, check=True)
