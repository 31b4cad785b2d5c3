"""Builds the sdist and, out of it, the wheel; says what is missing or too much in them.

The same files, time and setuptools give the same bytes.
"""

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

_OUTSIDE: Final = frozenset({".gitignore"})
"""Files of the repository that whoever has an sdist does not need."""
_MADE_IN_SDIST: Final = frozenset({"PKG-INFO", "setup.cfg"})
_MADE_IN_WHEEL: Final = frozenset(
    {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"}
)


class Packages(NamedTuple):
    """What was built."""

    sdist: Path
    wheel: Path


def build(tree: Path, out: Path, time_s: int, *, isolated: bool) -> Packages:
    """Build both into a folder.

    Args:
        tree: A copy of the files of a release.
        out: Folder to write to.
        time_s: The time that stands in both, in seconds since 1970.
        isolated: Build with what ``build-system.requires`` names, fetched for that;
            else with the setuptools that is installed.
    """
    sdist = _built("sdist", tree, out, time_s, isolated)
    _repack(sdist, time_s)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        wheel = _built("wheel", unpacked, out, time_s, isolated)
    return Packages(sdist, wheel)


def wrong_in_sdist(sdist: Path, files: Iterable[str]) -> list[str]:
    """What an sdist lacks of the files of a release, and what else it holds."""
    with tarfile.open(sdist) as archive:
        members = [member for member in archive if not member.isdir()]
    found = {member.name.partition("/")[2] for member in members}
    made = {name for name in found if ".egg-info/" in name} | _MADE_IN_SDIST
    odd = [f"no plain file: {each.name}" for each in members if not each.isfile()]
    return odd + _differences(set(files) - _OUTSIDE, found - made)


def wrong_in_wheel(wheel: Path, files: Iterable[str]) -> list[str]:
    """What a wheel lacks of the package with its data, and what else it holds."""
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
        name, version = wheel.name.split("-")[:2]
        about = f"{name}-{version}.dist-info"
        metadata = archive.read(f"{about}/METADATA").decode()
    made = {f"{about}/{each}" for each in _MADE_IN_WHEEL}
    made.add(f"{about}/licenses/LICENSE")
    expected = {each.removeprefix("src/") for each in files if each.startswith("src/")}
    addressed = [
        f"a dependency by address: {line}"
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist:") and "@" in line
    ]
    return addressed + _differences(expected | made, found)


def _differences(expected: set[str], found: set[str]) -> list[str]:
    missing = [f"missing: {name}" for name in sorted(expected - found)]
    return missing + [f"too much: {name}" for name in sorted(found - expected)]


def _built(kind: str, tree: Path, out: Path, time_s: int, isolated: bool) -> Path:
    command = [sys.executable, "-m", "build", f"--{kind}", "--outdir", str(out)]
    if not isolated:
        command.append("--no-isolation")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(time_s)}
    done = subprocess.run(
        [*command, str(tree)], env=environment, check=False, capture_output=True
    )
    if done.returncode:
        sys.exit((done.stdout + done.stderr).decode())
    (made,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


def _repack(sdist: Path, time_s: int) -> None:
    """Write an sdist again without who packed it and when."""
    draft = sdist.with_suffix(".draft")
    with (
        tarfile.open(sdist) as old,
        gzip.GzipFile("", "wb", fileobj=draft.open("wb"), mtime=time_s) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            runs = member.isdir() or member.mode & 0o100
            member.mode, member.mtime = 0o755 if runs else 0o644, time_s
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    draft.replace(sdist)
