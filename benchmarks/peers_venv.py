"""The peers' environment: made once, kept, and never that of this repository."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_CONSTRAINTS = ("--constraint", str(_ROOT / "constraints.txt"))
_REQUIREMENTS = Path(__file__).parent / "peers-requirements.txt"
_OURS = ("torch", "torchvision", "lightly", "insonify")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where the peers are installed, and those that could not be.

    Attributes:
        python: Its interpreter.
        versions: Installed packages and their versions.
        failed: Packages that could not be installed, and pip's last line.
    """

    python: Path
    versions: dict[str, str]
    failed: dict[str, str]

    def named(self, packages: Sequence[str]) -> str:
        """The packages with their versions, in words."""
        found = (f"{name} {self.versions.get(name, 'absent')}" for name in packages)
        return ", ".join(found)


def make_environment(folder: Path) -> Environment:
    """Make the environment where it is missing, and install what it lacks.

    Every peer is installed by itself and within this repository's constraints, so that
    one that cannot be does not stop the others.

    Raises:
        CalledProcessError: not even our own package can be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    known = _versions(python)
    if any(name not in known for name in _OURS):
        ours = ["torch", "torchvision", "--editable", f"{_ROOT}[baselines]"]
        subprocess.run(
            _pip(python, "install", "--quiet", *_CONSTRAINTS, *ours), check=True
        )
    failed = {}
    for wanted in requirements():
        name, version = wanted.split("==")
        if known.get(name) != version:
            command = _pip(python, "install", "--quiet", *_CONSTRAINTS, wanted)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                failed[name] = reason_of(done.stderr)
    return Environment(python=python, versions=_versions(python), failed=failed)


def requirements() -> list[str]:
    """The peers, each as NAME==VERSION."""
    lines = _REQUIREMENTS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def reason_of(text: str) -> str:
    """The last line that names an error, or the last at all; without any paths."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    said = [*lines, *errors][-1] if lines else "said nothing"
    return re.sub(r"\w+://\S+|/(?:[^\s/]+/)+", "", said)


def _pip(python: Path, *words: str) -> list[str]:
    return [str(python), "-m", "pip", "--disable-pip-version-check", *words]


def _versions(python: Path) -> dict[str, str]:
    command = _pip(python, "list", "--format", "json")
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    entries = json.loads(told)
    return {entry["name"].replace("_", "-"): entry["version"] for entry in entries}
