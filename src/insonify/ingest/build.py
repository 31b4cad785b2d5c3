"""Walk, read, clean, write: from a folder of files to a store.

One function handles one file, in this process or in a pool of others; one bad file is
a row in the table of rejects, and the batch goes on.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from insonify.core.errors import ConfigError
from insonify.ingest.books import Books, Summary
from insonify.ingest.clean import CleanOptions
from insonify.ingest.deidentify import (
    default_key_path,
    file_pseudonym,
    linkage_path,
    pseudonym,
    site_key,
)
from insonify.ingest.handling import FileResult, Job, crashed, handle
from insonify.ingest.label_table import read_label_table
from insonify.ingest.pool import work_through
from insonify.ingest.subjects import (
    FromElsewhere,
    FromPattern,
    FromTable,
    Source,
    SubjectsFrom,
)
from insonify.store import Store, StoreSettings
from insonify.store.codec import Codec


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
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
    """Processes; 0 works in this one."""
    retry_rejects: bool = False
    """Try files again that were refused before."""

    def __post_init__(self) -> None:
        if self.subjects and self.pattern:
            raise ConfigError("--subjects and --pattern exclude each other; drop one")
        if (self.labels and not (self.subjects or self.pattern)) or (
            self.split_column and not self.subjects
        ):
            raise ConfigError("--labels and --split-column need --subjects CSV")
        if self.workers < 0:
            raise ConfigError(f"workers must be at least 0, found {self.workers}")

    def source(self) -> Source:
        """Who says whose a file is."""
        if self.subjects:
            return FromTable.read(self.subjects, self.labels, self.split_column)
        if self.pattern:
            return FromPattern.compile(self.pattern, self.labels)
        return FromElsewhere(self.subjects_from)


def ingest(
    source: Path,
    store_path: Path,
    options: IngestOptions,
    on_file: Callable[[FileResult, int], None],
) -> Summary:
    """Add what is new in a file or folder to a store, which is made if need be.

    Args:
        source: A file, or a folder that is searched to any depth.
        store_path: The store.
        options: How.
        on_file: Called after each file with its result and the number of files to do.

    Raises:
        ConfigError: an option does not fit.
        StoreError: the store was made with other settings.
    """
    if not source.exists():
        raise ConfigError(f"{source}: no such file or folder")
    key_path = options.key or default_key_path()
    key, who = site_key(key_path), options.source()
    settings = StoreSettings(
        codec=options.codec, quality=options.quality, size=options.clean.size
    )
    store = Store.open_or_create(store_path, settings)
    books = Books(store, Summary(linkage=linkage_path(key_path, store.id)), on_file)
    jobs = _jobs(source, store_path, options, key, who)
    if not jobs:
        raise ConfigError(f"{source}: no file is in it; name the folder of recordings")
    jobs = books.choose(jobs, options.retry_rejects)
    for result in work_through(handle, jobs, workers=options.workers, crashed=crashed):
        books.add(result)
    books.commit()
    if options.split_column and isinstance(who, FromTable):
        parts = {pseudonym(key, "s", who_): part for who_, part in who.parts.items()}
        store.assign(options.split_column, parts)
    return books.summary


def walk(source: Path, ignored: set[Path]) -> Iterator[Path]:
    """All files below ``source`` in natural order, but hidden and ignored ones.

    Links to folders are not followed: they may lead in circles.
    """
    if source.is_file():
        yield source
        return
    for path in sorted(source.iterdir(), key=_natural):
        if path.name.startswith(".") or path.resolve() in ignored:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from walk(path, ignored)
        elif path.is_file():
            yield path


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """Sort key by which frame 10 comes after frame 9."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts]


def _jobs(
    source: Path, store: Path, options: IngestOptions, key: bytes, who: Source
) -> list[Job]:
    """A job for each file, but not for what the options name."""
    table = options.label_table
    stretches = read_label_table(table) if table else {}
    named = (store, options.subjects, table, options.key)
    jobs = []
    for path in walk(source, {path.resolve() for path in named if path}):
        relative = path.relative_to(source) if source.is_dir() else Path(path.name)
        jobs.append(
            Job(
                path=path,
                relative=relative,
                file=file_pseudonym(key, relative, path.stat()),
                store=store,
                key=key,
                source=who.only(relative),
                stretches=stretches.get(relative.as_posix(), ()),
                options=options.clean,
            )
        )
    return jobs
