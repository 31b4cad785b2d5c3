"""Predicts all there is, one scan after the other, into an output folder."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError, IngestError
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.page import write_page
from insonify.deploy.predict.predictor import Model
from insonify.deploy.predict.private_list import PrivateList
from insonify.deploy.predict.record import (
    alone,
    begin_record,
    check_folder,
    finish_record,
)
from insonify.deploy.predict.rehearsal import rehearsed
from insonify.deploy.predict.scan_folder import (
    SCANS,
    is_done,
    predict_scan,
)
from insonify.deploy.predict.sources import Item, Reading, Sources
from insonify.deploy.predict.tables import done_scans, records, write_tables
from insonify.ingest.deidentify import default_key_path, linkage_path

_MEMORY: Final = "it needs more memory than there is"


@dataclass(kw_only=True)
class Summary:
    """What became of the sources."""

    linkage: Path
    """The private list that says which scan is which file."""
    total: int
    """Files and stored videos that were named."""
    done: int = 0
    """Of these, how many were predicted by this run."""
    known: int = 0
    """How many were predicted before."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Pseudonym and reason of the others."""
    frames: int = 0
    """Frames that this run predicted."""
    scans_in_all: int = 0
    """Scans that the folder holds."""
    frames_in_all: int = 0


def predict(
    sources: Sequence[str],
    model: Model,
    out: Path,
    options: PredictOptions,
    reading: Reading,
    *,
    key_path: Path | None = None,
    on_step: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Say of every frame of the sources what it shows.

    What a folder holds already is not done again, so that an interrupted call that is
    repeated goes on. A file that cannot be read is listed with its reason; it is tried
    in another process first, so that it does no harm here.

    Args:
        sources: Files, folders, archives, stores, and STORE::VIDEO.
        model: Who says it.
        out: The folder for what is found; made if it is not there.
        options: What is written.
        reading: How files are read, and hidden.
        key_path: Where the site's key is, beside which the private list is kept; None:
            where it is by default.
        on_step: Called after every few frames and every file.

    Raises:
        ConfigError: there is nothing to predict, the folder was made in another way, or
            a video of saliency is asked for that the model or machine cannot make.
        StoreError: a store or a video is not there.
    """
    if options.saliency and not model.predictor.has_saliency:
        raise ConfigError(
            "this model knows no saliency, for its heads were learnt without; leave "
            "--saliency away, or learn heads from a store with gaze in a new folder"
        )
    check_folder(out)
    keyed = reading.key is not None
    with Sources(sources, reading, out) as planned, alone(out):
        record = begin_record(out, model, options, keyed=keyed)
        linkage = linkage_path(key_path or default_key_path(), record["id"])
        summary = Summary(linkage=linkage, total=len(planned))
        work = _Work(out, model, options, summary, on_step)
        for item, refusal in rehearsed(planned, reading, partial(is_done, out)):
            work.take(item, refusal)
            item.done()
        scans, refused = done_scans(out), sorted(summary.refused)
        classes = model.predictor.classes
        count = write_tables(out, scans, refused, classes, options.format)
        write_page(out, records(out, scans), refused, _about(model))
        summary.scans_in_all, summary.frames_in_all = len(scans), count
        counts = {"scans": len(scans), "frames": count, "refused": len(refused)}
        finish_record(out, record, counts)
    return summary


class _Work:
    """Takes one source after the other, and keeps count."""

    def __init__(
        self,
        out: Path,
        model: Model,
        options: PredictOptions,
        summary: Summary,
        on_step: Callable[[Summary], None],
    ) -> None:
        self.out, self.model, self.options = out, model, options
        self.summary, self.on_step = summary, on_step
        self.private = PrivateList(summary.linkage)
        self.taken: dict[str, str] = {}

    def take(self, item: Item, refusal: str | None) -> None:
        """Predict one; a refusal is counted and listed, and is no error."""
        try:
            # Libraries quote headers and names in their warnings.
            with warnings.catch_warnings(action="ignore"):
                outcome = self._taken(item, refusal)
        except (IngestError, MemoryError) as error:
            outcome = str(error) if isinstance(error, IngestError) else _MEMORY
            self.summary.refused.append((item.file, outcome))
        if item.path is not None:
            self.private.add(item.file, item.path, outcome)
        self.on_step(self.summary)

    def _taken(self, item: Item, refusal: str | None) -> str:
        if refusal is not None:
            raise IngestError(refusal)
        name = item.name()
        if self.taken.get(name, item.file) != item.file:
            raise IngestError(f"the same content as {name}, which is predicted")
        if is_done(self.out, name):
            self.summary.known += 1
        else:
            self._predict(item)
            self.summary.done += 1
        self.taken[name] = item.file
        return name

    def _predict(self, item: Item) -> None:
        written: list[Path] = []
        try:
            for named, scan in item.scans():
                predict_scan(
                    self.out,
                    named,
                    scan,
                    self.model,
                    self.options,
                    on_frames=self._count,
                )
                written.append(self.out / SCANS / named.scan)
        except (IngestError, MemoryError):
            for folder in written:  # A source is there as a whole, or not at all.
                shutil.rmtree(folder)
            raise

    def _count(self, frames: int) -> None:
        self.summary.frames += frames
        self.on_step(self.summary)


def _about(model: Model) -> str:
    words = [f"{name} {value}" for name, value in model.about.items() if value]
    return f"Model: {', '.join(words)}, {model.fingerprint[:12]}."
