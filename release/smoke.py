"""What a new user does first, with an installed wheel, in an empty folder.

Nothing of the checkout is reachable from there but the texts that are run.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from tree import ROOT

_COMMANDS: Final = (
    "insonify --help",
    "insonify doctor",
    "insonify phantom phantom --subjects 6 --sweeps 2 --seconds 3 --fps 10",
    "insonify ingest phantom/videos STORE --subjects phantom/subjects.csv "
    "--label-table phantom/labels.csv --workers 0",
    "insonify gaze phantom/videos STORE --gaze phantom/gaze.csv --format neutral "
    "--px-per-cm 8",
    "insonify triage STORE --out triage.html",
    "insonify split STORE folds --folds 3 --task plane",
    *(
        f"insonify pretrain STORE runs/fold-{fold} --recipe demo --steps 4 --batch 8 "
        f"--workers 0 --split folds --fold {fold}"
        for fold in range(3)
    ),
    "insonify transfer planes STORE runs/fold-0 runs/fold-1 runs/fold-2 --task plane "
    "--split folds --out planes.parquet --protocols knn --seeds 0",
    "insonify report planes.parquet runs/fold-0 STORE --out report.html",
    "insonify card runs/fold-0 --store STORE --predictions planes.parquet "
    "--out card.html",
    "insonify embed STORE runs/fold-0",
    "insonify doctor --store STORE",
)
_EVERY_HELP: Final = """
from insonify.cli.main import _COMMANDS, run
for name in _COMMANDS:
    try:
        run([*name.split(), "--help"])
    except SystemExit as stopped:
        assert stopped.code == 0, name
    else:
        raise AssertionError(f"{name} --help went on")
"""
_ABOUT: Final = """
import sys
from importlib.metadata import version
from importlib.resources import files
import insonify
assert insonify.__version__ == version("insonify"), insonify.__version__
assert insonify.__file__.startswith(sys.prefix), insonify.__file__
assert (files("insonify") / "py.typed").is_file()
for name in insonify.__all__:
    getattr(insonify, name)
"""
_WITHOUT_EXTRAS: Final = {
    "review": "insonify review STORE",
    "baselines": "insonify pretrain STORE runs/other --recipe vicreg --split folds "
    "--fold 0",
    "ray": "insonify ingest phantom/videos OTHER --engine ray",
    "export": "insonify export runs/fold-0 exported --to onnx",
    "volumes": "insonify inspect volume.nii",
}
"""What needs an extra that is not installed: it says so, and how to get it."""


class Step(NamedTuple):
    """One thing that was tried."""

    name: str
    seconds: float
    wrong: str
    """Empty if it went well."""


def smoke(python: Path, folder: Path, tell: Callable[[Step], None]) -> list[Step]:
    """Try everything, in a folder that is empty; goes on after what goes wrong.

    Args:
        python: The interpreter of an environment that has the wheel alone.
        folder: Where to work.
        tell: Told of each step when it is done.
    """
    (folder / "volume.nii").write_bytes(_nifti())
    bare = Bare(python.parent, folder)
    (readme,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    snippets = {"metadata": _ABOUT, "every --help": _EVERY_HELP}
    tries: list[tuple[str, Callable[[], str]]] = [
        ("pip check", lambda: bare.python("-m", "pip", "check")),
        *(
            (name, lambda text=text: bare.python("-c", text))
            for name, text in snippets.items()
        ),
        *((words, lambda words=words: bare.command(words)) for words in _COMMANDS),
        ("python of README.md", lambda: bare.python("-c", readme)),
        *(
            (
                f"without {extra}: {words}",
                lambda extra=extra, words=words: bare.refused(words, extra),
            )
            for extra, words in _WITHOUT_EXTRAS.items()
        ),
    ]
    steps = []
    for name, attempt in tries:
        began = time.perf_counter()
        wrong = attempt()
        steps.append(Step(name, time.perf_counter() - began, wrong))
        tell(steps[-1])
    return steps


class Bare:
    """An environment with the wheel alone, used from an empty folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        kept = {"HOME", "LANG", "OMP_NUM_THREADS", "PATH", "TMPDIR"}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in kept},
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def python(self, *arguments: str) -> str:
        """Run the interpreter; what went wrong."""
        code, said = self._run([str(self.programs / "python"), *arguments])
        return said if code else ""

    def command(self, words: str) -> str:
        """Run one of our commands; what went wrong."""
        name, *arguments = words.split()
        code, said = self._run([str(self.programs / name), *arguments])
        return said if code or "Traceback" in said else ""

    def refused(self, words: str, extra: str) -> str:
        """Run a command that must say that it needs an extra; what went wrong."""
        name, *arguments = words.split()
        code, said = self._run([str(self.programs / name), *arguments])
        named = f"insonify[{extra}]" in "".join(said.split())
        fine = code in (1, 2) and named and "Traceback" not in said
        return "" if fine else f"exit code {code}\n{said}"

    def _run(self, command: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout


def _nifti() -> bytes:
    """A NIfTI header and four voxels."""
    head = bytearray(352)
    head[0:4] = (348).to_bytes(4, "little")
    for place, size in enumerate((4, 2, 2, 1, 1, 1, 1, 1)):
        head[40 + 2 * place : 42 + 2 * place] = size.to_bytes(2, "little")
    head[70:74] = bytes((2, 0, 8, 0))
    head[110:112] = b"\xb0\x43"  # 352 as float32: where the voxels begin
    head[344:348] = b"n+1\0"
    return bytes(head) + bytes(4)
