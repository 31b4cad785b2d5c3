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
from insonify.core.errors import ConfigError, InsonifyError
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
_RECIPE = "insonify"
_OF_BENCH = ("recipe", "size", "encoder", "batch", "out")
"""Options that only ``--bench`` reads."""


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
    bench: bool = False
    """Measure in place of checking, for about half a minute: where the time of a
    training step goes, and how far the encoder is from what this machine can do. Clips
    are those of the store, or random frames."""
    recipe: str | None = None
    """Recipe whose step to measure; None: insonify."""
    size: tuple[int, int] | None = None
    """Rows and columns of the views; None: the recipe's."""
    encoder: str | None = None
    """Encoder to measure; None: the recipe's."""
    batch: int | None = None
    """Clips of a step; None: the recipe's."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """A JSON file for all that was measured; None: it is printed only."""

    def run(self) -> int:
        """Print what was found; 0 if all is well.

        Raises:
            ConfigError: what belongs to --bench is given without it, or there is no
                such recipe, encoder or size.
            StoreError: the store to measure with cannot be opened, or has no clip.
        """
        if self.bench:
            return self._bench()
        asked = [name for name in _OF_BENCH if getattr(self, name) is not None]
        if asked:
            raise ConfigError(f"--{asked[0]} says what to measure; add --bench")
        findings = [*_machine(), *(_store(self.store) if self.store else ())]
        table = Table("looked at", "found", "", title="insonify doctor")
        for finding in findings:
            mark = "[green]fine[/]" if finding.fine else f"[red]{finding.advice}[/]"
            table.add_row(finding.what, finding.found, mark)
        console.print(table)
        return 0 if all(finding.fine for finding in findings) else 1

    def _bench(self) -> int:
        """Measure a step; 0 when done."""
        from insonify.cli.doctor_bench import bench_options, run_bench  # noqa: PLC0415

        recipe = self.recipe or _RECIPE
        options = bench_options(recipe, self.size, self.encoder, self.batch)
        run_bench(options, self.store, self.out)
        return 0


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
