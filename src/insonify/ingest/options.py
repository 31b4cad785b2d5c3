"""Options of ingest: whose files are, what of a folder is taken, and how."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from insonify.core.errors import ConfigError
from insonify.ingest.clean import CleanOptions
from insonify.ingest.engine.limits import Limits
from insonify.ingest.engine.pool import work_through
from insonify.ingest.engine.ray_engine import work_through_on_ray
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.handling import FileResult, Job, handle, lost
from insonify.ingest.subjects import (
    FromElsewhere,
    FromPattern,
    FromTable,
    Source,
    SubjectsFrom,
)
from insonify.store import Store, StoreSettings
from insonify.store.codec import Codec

Engine: TypeAlias = Literal["local", "ray"]


@dataclass(frozen=True, kw_only=True)
class TakeOptions:
    """How files become videos of a store."""

    clean: CleanOptions = field(default_factory=CleanOptions)
    """What is made of each recording."""
    codec: Codec = "jpeg"
    """How frames are stored: jpeg (small, lossy), png (lossless), raw (fastest)."""
    quality: int = 95
    """JPEG quality."""
    key: Path | None = None
    """File with the site's secret key; None: insonify/site.key in the user's
    configuration folder, made at first use."""
    workers: int = 2
    """Processes; 0 works in this one, without limits."""
    sign_off: Path | None = None
    """Folder for what a person signs off: a table a batch, and sheets of what is kept,
    with pseudonyms only; None: beside the site's key."""
    sheets: bool = True
    """Draw the sheets; a thousand videos take about 20 MB."""
    limits: Limits = field(default_factory=Limits)
    """What one file may cost."""
    engine: Engine = "local"
    """Where files are worked on: in processes of this machine, or on a Ray cluster."""
    ray_address: str = "auto"
    """HOST:PORT of the cluster; auto: that which this machine is in; local: one that is
    started on this machine and ended afterwards."""
    retry_rejects: bool = False
    """Try files again that were refused before."""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ConfigError(f"workers must be at least 0, found {self.workers}")

    def work(self, jobs: Iterable[Job]) -> Iterator[FileResult]:
        """The result of each job, in their order."""
        if self.engine == "ray":
            return work_through_on_ray(
                handle, jobs, address=self.ray_address, lost=lost, limits=self.limits
            )
        return work_through(
            handle, jobs, workers=self.workers, lost=lost, limits=self.limits
        )

    def open_store(self, path: Path) -> Store:
        """Open a store for writing; make it if need be.

        Raises:
            StoreError: the store was made with other settings.
        """
        settings = StoreSettings(
            codec=self.codec, quality=self.quality, size=self.clean.size
        )
        return Store.open_or_create(path, settings)


@dataclass(frozen=True, kw_only=True)
class IngestOptions(TakeOptions):
    """How a folder becomes a store."""

    subjects: Path | None = None
    """CSV with columns path (relative to SOURCE) and subject, perhaps exam."""
    labels: tuple[str, ...] = ()
    """Columns of that CSV (or groups of the pattern) that hold labels of a video."""
    split_column: str | None = None
    """Column of that CSV that says train, validation or test, or a fold's number, of
    each subject; becomes the split of that name."""
    pattern: str | None = None
    """Regular expression over the path with a group (?P<subject>…), perhaps exam."""
    label_table: Path | None = None
    """CSV with columns path, task, label, start_s and end_s (seconds since the first
    frame, empty for the whole video): labels of stretches of a video."""
    subjects_from: SubjectsFrom = "dicom"
    """Without CSV or pattern: the DICOM patient id, or a subject a folder or a file."""
    folder: FolderOptions = field(default_factory=FolderOptions)
    """What of the folder is a recording, and how far its archives are trusted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.subjects and self.pattern:
            raise ConfigError("--subjects and --pattern exclude each other; drop one")
        if (self.labels and not (self.subjects or self.pattern)) or (
            self.split_column and not self.subjects
        ):
            raise ConfigError("--labels and --split-column need --subjects CSV")
        if self.folder.image_folders == "video" and self.clean.rate_hz is None:
            raise ConfigError(
                "--image-folders video needs --rate-hz, for images do not say it"
            )

    def source(self) -> Source:
        """Who says whose a file is."""
        if self.subjects:
            return FromTable.read(self.subjects, self.labels, self.split_column)
        if self.pattern:
            return FromPattern.compile(self.pattern, self.labels)
        return FromElsewhere(self.subjects_from)
