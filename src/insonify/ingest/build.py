"""Walk, read, clean, write: from a folder of files to a store.

One function handles one file, in this process or in a pool of others; one bad file is
a row in the table of rejects, and the batch goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from insonify.core.errors import ConfigError
from insonify.core.heap import share_heaps
from insonify.ingest.area.profiles import Profiles
from insonify.ingest.books import Books, Summary
from insonify.ingest.deidentify import (
    default_key_path,
    linkage_path,
    pseudonym,
    site_key,
)
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.opening import Opening
from insonify.ingest.folder.planning import Planned, plan, plan_files
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.walk import base_of
from insonify.ingest.handling import FileResult
from insonify.ingest.jobs import make_jobs
from insonify.ingest.label_table import Marked, read_label_table
from insonify.ingest.options import IngestOptions, TakeOptions
from insonify.ingest.subjects import FromTable, Source


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Files to take, and what is known of them."""

    root: Path
    """The folder they are in, or the only one."""
    whose: Source
    """Whose they are."""
    files: Sequence[Path] | None = None
    """Relative to ``root``; one that is not there is refused like a bad one. None: all
    that are in it."""
    folder: FolderOptions = field(default_factory=FolderOptions)
    """What of the folder is taken, where no files are named."""
    ignored: Sequence[Path] = ()
    """What in the folder is no recording."""
    stretches: Mapping[str, tuple[Marked, ...]] = field(default_factory=dict)
    """Labels of parts of a video, by path."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Frames a second of files that do not say so themselves, by path."""
    splits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Splits that are given: the part of each subject, by the split's name."""

    def plan(self, key: bytes, scratch: Scratch) -> list[Planned]:
        """All there is to take."""
        if self.files is not None:
            return list(plan_files(self.root, self.files, key=key))
        where, ignored = self.root, self.ignored
        return list(plan(where, self.folder, key=key, scratch=scratch, ignored=ignored))


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
    who, table, profile = options.source(), options.label_table, options.clean.profile
    if profile:
        Profiles.read(profile)  # a mistake in it is found before the first file
    splits = {}
    if options.split_column and isinstance(who, FromTable):
        splits = {options.split_column: who.parts}
    named = (store_path, options.subjects, table, options.key, profile)
    batch = Batch(
        root=source,
        whose=who,
        folder=options.folder,
        ignored=[path for path in named if path],
        stretches=read_label_table(table) if table else {},
        splits=splits,
    )
    return take(batch, store_path, options, on_file)


def take(
    batch: Batch,
    store_path: Path,
    options: TakeOptions,
    on_file: Callable[[FileResult, int], None],
) -> Summary:
    """Add what is new of a batch to a store, which is made if need be.

    Args:
        batch: The files, and what is known of them.
        store_path: The store.
        options: How.
        on_file: Called after each file with its result and the number of files to do.

    Raises:
        ConfigError: there is no file.
        StoreError: the store was made with other settings, or a split of that name
            differs.
    """
    share_heaps()
    key_path = options.key or default_key_path()
    key, store = site_key(key_path), options.open_store(store_path)
    for name, parts in batch.splits.items():
        hidden = {pseudonym(key, "s", who): part for who, part in parts.items()}
        store.assign(name, hidden)
    summary = Summary(linkage=linkage_path(key_path, store.id))
    sign_off = options.sign_off or key_path.parent / f"sign-off-{store.id}"
    books = Books(store, summary, sign_off, on_file)
    with Scratch(batch.folder.unpack_folder, outside=store_path) as scratch:
        planned = batch.plan(key, scratch)
        if not planned and not batch.folder.shard:
            raise ConfigError(
                f"{batch.root}: no file is in it; name the folder of recordings"
            )
        new = books.choose(planned, base_of(batch.root), options.retry_rejects)
        files = Opening(new, batch.root, batch.folder, scratch)
        jobs = make_jobs(
            files,
            store=store_path,
            key=key,
            whose=batch.whose,
            stretches=batch.stretches,
            rates=batch.rates,
            clean=options.clean,
            pictures=options.sheets,
        )
        for result in options.work(jobs):
            books.add(result)
            files.done(result.file)
        books.close()
    store.tidy()
    return books.summary
