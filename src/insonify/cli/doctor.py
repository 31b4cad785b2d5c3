"""``insonify doctor``."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
import tyro
from rich.table import Table

from insonify.cli.console import console
from insonify.core.errors import InsonifyError
from insonify.store import Store

_PACKAGES = ("torch", "torchvision", "timm", "lightning", "pylance", "av", "pydicom")
_DECODERS = {
    "JPEG Lossless, JPEG 2000 (gdcm)": ("gdcm", "dicom"),
    "JPEG-LS (pyjpegls)": ("jpeg_ls", "dicom"),
    "JPEG 2000, HTJ2K (openjpeg)": ("openjpeg", "dicom"),
    "NIfTI (nibabel)": ("nibabel", "volumes"),
    "HDF5 (h5py)": ("h5py", "volumes"),
}
"""Modules, and the extra that brings each."""
_ENOUGH_DISK = 5 * 2**30


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    found: str
    fine: bool
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Check this machine, and a store if one is named; 1 if something needs care."""

    store: Annotated[Path | None, tyro.conf.arg(metavar="STORE")] = None
    """A store to check too: every table opens, every video has its frames."""

    def run(self) -> int:
        """Print what was found; 0 if all is well."""
        findings = [*_machine(), *(_store(self.store) if self.store else ())]
        table = Table("looked at", "found", "", title="insonify doctor")
        for finding in findings:
            mark = "[green]fine[/]" if finding.fine else f"[red]{finding.advice}[/]"
            table.add_row(finding.what, finding.found, mark)
        console.print(table)
        return 0 if all(finding.fine for finding in findings) else 1


def _machine() -> Iterator[Finding]:
    for package in _PACKAGES:
        yield Finding(package, version(package), True)
    yield Finding("processor cores", str(os.cpu_count()), True)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    yield Finding("CUDA device", gpu, True)
    bf16 = torch.cpu._is_avx512_bf16_supported()
    yield Finding("bf16 instructions on the CPU", "yes" if bf16 else "no", True)
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding(
        "free disk here",
        f"{free / 2**30:.0f} GiB",
        free > _ENOUGH_DISK,
        "make room: a store takes about 20 kB a frame",
    )
    for what, (module, extra) in _DECODERS.items():
        there = importlib.util.find_spec(module) is not None
        found = "installed" if there else f"not installed (extra: {extra})"
        yield Finding(f"decoder of {what}", found, True)


def _store(path: Path) -> Iterator[Finding]:
    try:
        store = Store.open(path)
    except InsonifyError as error:
        yield Finding("store", "cannot be opened", False, str(error))
        return
    index = store.frames()
    expected = sum(store.videos()["frames"].to_pylist())
    yield Finding("videos", str(len(index.video_ids)), True)
    yield Finding("subjects", str(len(set(index.subjects))), True)
    yield Finding(
        "frames",
        f"{len(index)} of {expected}",
        len(index) == expected,
        "frames are missing: ingest the sources into a new store",
    )
    yield Finding("rejected files", str(len(store.rejects())), True)
    yield Finding("tasks with labels", ", ".join(store.tasks()) or "none", True)
    yield Finding("videos with gaze", str(len(store.gaze_videos())), True)
    yield Finding("splits", ", ".join(store.splits()) or "none", True)
