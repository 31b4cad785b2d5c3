"""``insonify demo``."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import pydicom.data
import tyro

from insonify.cli.console import console
from insonify.cli.gaze import Gaze
from insonify.cli.ingest import Ingest
from insonify.cli.phantom import Phantom
from insonify.cli.pretrain import Pretrain
from insonify.cli.report import Report
from insonify.cli.split import Split
from insonify.cli.transfer import TransferPlanes
from insonify.cli.transfer_gallery import TransferGallery
from insonify.cli.transfer_saliency import TransferSaliency
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.ingest.gaze.options import GazeImportOptions, PlacingOptions
from insonify.ingest.options import IngestOptions
from insonify.recipes import demo
from insonify.transfer.gallery_options import GalleryOptions
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder

_REAL: Final = "examples_*_color.dcm", "examples_palette.dcm", "examples_jpeg2k.dcm"
"""Ultrasound that ships with pydicom: a cine, and stills that ingest must judge."""
_KEY: Final = "site.key"
_FOLDS: Final = 3
_PX_PER_CM: Final = 8.0
"""Of the phantom's screen, as if it were shown half a metre wide."""
_PLANE_FRAMES: Final = 16
_DECODER_STEPS: Final = 300


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Run the whole job on data that is here, in less than ten minutes on two cores.

    Draws synthetic fetal sweeps with a sonographer's gaze, takes them and the real
    DICOM files that ship with pydicom into a store, pretrains an encoder on each fold
    of the subjects, compares it with an untrained one in telling standard planes apart
    and in predicting where one looks, and writes report.html.
    """

    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Folder to make; everything the demo writes is in it."""

    def run(self) -> int:
        """Run all steps; 0 when done."""
        if self.out.exists() and any(self.out.iterdir()):
            raise ConfigError(f"{self.out}: not empty; name a new folder")
        # Nobody to protect: one key for all, so that the folds are the same everywhere.
        write_bytes(self.out / _KEY, bytes(32).hex().encode())
        phantom, store = self.out / "phantom", self.out / "store"
        _step("phantom", phantom)
        _draw(phantom)
        _step("ingest", phantom, store)
        _take(phantom, store, self.out)
        _step("ingest", "pydicom's files", store)
        _take_real(self.out, store)
        _step("gaze", phantom, store)
        _look(phantom, store, self.out)
        _step("split", store, "demo")
        Split(store=store, name="demo", folds=_FOLDS, task="plane").run()
        runs = [self.out / f"run-{fold}" for fold in range(_FOLDS)]
        for fold, run in enumerate(runs):
            _step("pretrain", store, run, "--recipe demo --split demo --fold", fold)
            _pretrain(store, run, fold)
        names = tuple(map(str, runs))
        planes, saliency = self.out / "planes.parquet", self.out / "saliency.parquet"
        _step("transfer planes", store, *runs, "--task plane --split demo")
        options = PlanesOptions(
            task="plane", split="demo", frames_per_video=_PLANE_FRAMES, seeds=(0,)
        )
        TransferPlanes(store=store, runs=names, out=planes, options=options).run()
        _step("transfer saliency", store, *runs, "--split demo --protocols frozen")
        maps = SaliencyOptions(
            split="demo",
            protocols=("frozen",),
            frozen=Decoder(steps=_DECODER_STEPS),
            seeds=(0,),
        )
        TransferSaliency(store=store, runs=names, out=saliency, options=maps).run()
        gallery = self.out / "gallery.parquet"
        _step("transfer gallery", store, runs[0], "--task plane --split demo")
        TransferGallery(
            store=store,
            encoder=names[0],
            out=gallery,
            options=GalleryOptions(task="plane", split="demo"),
        ).run()
        inputs = (planes, saliency, gallery, *runs, store)
        _step("report", *inputs)
        report = self.out / "report.html"
        Report(predictions=inputs, card=runs[0], out=report).run()
        return 0


def _step(*words: object) -> None:
    console.rule("insonify " + " ".join(map(str, words)), align="left")


def _draw(phantom: Path) -> None:
    Phantom(out=phantom, subjects=18, sweeps=4, seconds=4, fps=15, workers=2).run()


def _take(phantom: Path, store: Path, out: Path) -> None:
    options = IngestOptions(
        subjects=phantom / "subjects.csv",
        label_table=phantom / "labels.csv",
        key=out / _KEY,
    )
    Ingest(source=phantom / "videos", store=store, options=options).run()


def _look(phantom: Path, store: Path, out: Path) -> None:
    options = GazeImportOptions(
        gaze=phantom / "gaze.csv",
        format="neutral",
        key=out / _KEY,
        placing=PlacingOptions(px_per_cm=_PX_PER_CM),
    )
    Gaze(source=phantom / "videos", store=store, options=options).run()


def _take_real(out: Path, store: Path) -> None:
    """Copy pydicom's ultrasound files together, and take what can be taken of them."""
    folder = out / "pydicom"
    folder.mkdir()
    shipped = Path(pydicom.data.__file__).parent / "test_files"
    for pattern in _REAL:
        for file in sorted(shipped.glob(pattern)):
            shutil.copy(file, folder)
    options = IngestOptions(key=out / _KEY)
    Ingest(source=folder, store=store, options=options).run()


def _pretrain(store: Path, run: Path, fold: int) -> None:
    options = replace(demo(), split="demo", fold=fold, probe_task="plane")
    Pretrain(store=store, out=run, options=options).run()
