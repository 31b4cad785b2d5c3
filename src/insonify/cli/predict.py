"""``insonify predict``."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console, errors, progress_bar
from insonify.cli.predict_live import print_live
from insonify.core.errors import ConfigError
from insonify.deploy.export.about import CARD
from insonify.deploy.export.runtime import OnnxHeads
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.kept_heads import learnt_heads
from insonify.deploy.predict.batch import Summary, predict
from insonify.deploy.predict.live import LiveOptions
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model
from insonify.deploy.predict.record import HEADS, check_folder
from insonify.deploy.predict.sources import Reading
from insonify.deploy.scan import split_name
from insonify.ingest.deidentify import default_key_path, site_key
from insonify.ingest.engine.limits import Limits
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store
from insonify.store.head import NAME

_SHOWN: Final = 20


@dataclass(frozen=True, kw_only=True)
class Predict:
    """Say of every frame which plane it shows: of files, of stores, or live.

    Files are read and cleaned as by `insonify ingest`, but need no store. OUT then
    holds a table of frames, key frames of every class, and a page to look at them. The
    same command goes on where it was interrupted. With --stream frames are answered as
    they come, and nothing is kept. For research use only; not a medical device.
    """

    sources: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="SOURCE")
    ] = ()
    """Files (DICOM, mp4, …), folders, archives, stores, or STORE::VIDEO."""
    model: Annotated[Path, tyro.conf.arg(metavar="CKPT")]
    """Run folder or checkpoint of the encoder, or what `insonify export --to onnx
    --heads` wrote."""
    out: Path | None = None
    """Folder for what is found; one that was made by the same command is added to."""
    heads: Path | None = None
    """Folder of learnt heads: read if it is there, else made, with saliency; by default
    OUT/heads, with saliency if that is asked for."""
    store: Path | None = None
    """Store to learn heads from, and to tell whose recordings are; by default that of
    STORE::VIDEO."""
    key: Path | None = None
    """The site's key, for pseudonyms as in its stores; by default that of this site. A
    site without any gets pseudonyms that are made without one."""
    workers: int = 1
    """Processes that read every file before it is predicted, so that one that kills or
    hangs its reader is refused; 0 reads without others and limits, and is faster."""
    limits: Annotated[tyro.conf.OmitArgPrefixes[Limits], tyro.conf.arg(name="")] = (
        field(default_factory=Limits)
    )
    """What reading one file may cost."""
    strict: bool = False
    """Exit with 1 if a file was refused."""
    stream: str | None = None
    """Answer a live source instead: - for standard input, a device such as /dev/video0,
    or a URL such as rtsp://…"""
    frame_size: Annotated[tuple[int, int] | None, tyro.conf.arg(metavar="W H")] = None
    """Columns and rows of raw frames of 8-bit grey on standard input; without it the
    input is encoded (y4m, mjpeg, mpegts, …)."""
    stream_format: str | None = None
    """FFmpeg's name of the stream's format, where it cannot be found out."""
    options: Annotated[
        tyro.conf.OmitArgPrefixes[PredictOptions], tyro.conf.arg(name="")
    ] = field(default_factory=PredictOptions)
    live: Annotated[tyro.conf.OmitArgPrefixes[LiveOptions], tyro.conf.arg(name="")] = (
        field(default_factory=LiveOptions)
    )
    learning: Annotated[HeadOptions, tyro.conf.arg(name="")] = field(
        default_factory=HeadOptions
    )

    def run(self) -> int:
        """Predict with a progress bar, or live; 0, or 1 as --strict says."""
        self._check()
        store = self._store()
        if self.stream is not None:
            with tempfile.TemporaryDirectory() as folder:
                model = self._model(self.heads or Path(folder) / "heads", store)
            return print_live(self, model)
        assert self.out is not None
        check_folder(self.out)
        model = self._model(self.heads or self.out / HEADS, store)
        summary = self._predicted(model, self.out, store)
        _tell(summary, self.out)
        return 1 if self.strict and summary.refused else 0

    def _check(self) -> None:
        if self.stream is None:
            if not self.sources or self.out is None:
                raise ConfigError(
                    "name what to predict and --out FOLDER, or a live source with "
                    "--stream"
                )
            if self.frame_size or self.stream_format:
                raise ConfigError("--frame-size and --stream-format need --stream")
        elif self.sources or self.out:
            raise ConfigError(
                "--stream keeps nothing and takes one source; leave SOURCE and --out "
                "away"
            )
        elif self.frame_size and (self.stream != "-" or min(self.frame_size) < 1):
            raise ConfigError(
                "--frame-size is for raw frames on standard input, --stream -, and "
                "must be above 0"
            )

    def _store(self) -> Store | None:
        """The store to learn from."""
        if self.store is not None:
            return Store.open(self.store)
        named = [split_name(source) for source in self.sources]
        paths = {one[0] for one in named if one is not None}
        paths |= {Path(one) for one in self.sources if (Path(one) / NAME).exists()}
        return Store.open(paths.pop()) if len(paths) == 1 else None

    def _model(self, kept: Path, store: Store | None) -> Model:
        if (self.model / CARD).is_file():
            return self._exported()
        checkpoint = load_checkpoint(self.model)
        learn = None if kept.exists() and self.store is None else store
        with errors.status("reading the model") as status:
            heads = learnt_heads(
                checkpoint,
                kept,
                learn,
                self.learning,
                on_progress=status.update,
                # Heads in a folder of their own are for other commands too.
                saliency=self.options.saliency or self.heads is not None,
            )
        for reason in heads.card.left_out:
            errors.print(f"Left out: {escape(reason)}.", soft_wrap=True)
        return Model.of(heads)

    def _exported(self) -> Model:
        if self.heads or self.learning != HeadOptions():
            raise ConfigError(
                f"{self.model}: an export, with its heads inside; leave --heads and "
                "options of learning away, or name the checkpoint"
            )
        heads = OnnxHeads.load(self.model)
        about = {
            "kind": "export",
            "architecture": heads.card.architecture,
            "recipe": str(heads.card.provenance.get("recipe", "unknown")),
        }
        digest = heads.card.files[heads.card.model]
        return Model(predictor=heads, fingerprint=digest, about=about)

    def _predicted(self, model: Model, out: Path, store: Store | None) -> Summary:
        path = self.key or default_key_path()
        if self.key and not path.exists():
            raise ConfigError(f"{path}: no such file; name the key used at ingest")
        named = (out, self.model, self.heads, self.store, path)
        reading = Reading(
            options=self.options.cleaning,
            key=site_key(path) if path.exists() else None,
            store=store,
            ignored=tuple(each for each in named if each),
            workers=self.workers,
            limits=self.limits,
        )
        with progress_bar("files") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(step: Summary) -> None:
                done = step.done + step.known + len(step.refused)
                figures = f"{step.frames} frames, {len(step.refused)} refused"
                bar.update(line, total=step.total, completed=done, figures=figures)

            return predict(
                self.sources,
                model,
                out,
                self.options,
                reading,
                key_path=path,
                on_step=show,
            )


def _tell(summary: Summary, out: Path) -> None:
    """Say what was found, what was refused, and where all of it is."""
    if summary.refused:
        table = Table("file", "reason", title="Refused")
        for file, reason in summary.refused[:_SHOWN]:
            table.add_row(file, escape(reason))
        console.print(table)
        if (more := len(summary.refused) - _SHOWN) > 0:
            console.print(f"… and {more} more, in {out}/rejects.csv.", soft_wrap=True)
    console.print(
        f"{summary.done} files were predicted ({summary.frames} frames), "
        f"{summary.known} were before, {len(summary.refused)} were refused. "
        f"{out} holds {summary.scans_in_all} scans of {summary.frames_in_all} frames.",
        soft_wrap=True,
    )
    console.print(f"Page: {out}/index.html", soft_wrap=True)
    if summary.linkage.exists():
        console.print(
            f"Which scan is which file: {summary.linkage} (private, keep it so)",
            soft_wrap=True,
        )
