"""Makes a job of each recording that was planned, once it is on disk."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from insonify.ingest.clean import CleanOptions
from insonify.ingest.folder.unpacking import OnDisk
from insonify.ingest.handling import Job
from insonify.ingest.label_table import Marked
from insonify.ingest.subjects import Source


def make_jobs(
    recordings: Iterable[OnDisk],
    *,
    store: Path,
    key: bytes,
    whose: Source,
    stretches: Mapping[str, tuple[Marked, ...]],
    rates: Mapping[str, float],
    clean: CleanOptions,
    pictures: bool,
) -> Iterator[Job]:
    """A job for each recording, with the part of the tables that is about it.

    Args:
        recordings: Taken one by one.
        store: Where to write.
        key: The site's key.
        whose: Who says whose a recording is.
        stretches: Labels by path.
        rates: Frames a second of recordings that do not say so, by path.
        clean: What is made of each recording, and at which rate the others are.
        pictures: Whether to draw what is kept.
    """
    for one in recordings:
        path = one.relative.as_posix()
        yield Job(
            path=one.path,
            relative=one.relative,
            images=one.images,
            rate_hz=rates.get(path, clean.rate_hz),
            refused=one.refused,
            file=one.file,
            store=store,
            key=key,
            source=whose.only(one.relative),
            stretches=stretches.get(path, ()),
            options=clean,
            pictures=pictures,
        )
