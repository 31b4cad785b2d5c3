"""One file from the source to the store; a function that any process can run."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path

from insonify.core.errors import IngestError
from insonify.ingest.clean import CleanOptions, Facts, Names, clean
from insonify.ingest.deidentify import content_pseudonym, pseudonym
from insonify.ingest.label_table import Stretch
from insonify.ingest.reading import read
from insonify.ingest.subjects import Known, Source
from insonify.store import Label, Store, VideoEntry


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to handle, with all that is needed for it."""

    path: Path
    relative: Path
    """Path within the folder that is ingested."""
    file: str
    """Pseudonym of the file."""
    store: Path
    key: bytes = field(repr=False)
    source: Source
    stretches: tuple[Stretch, ...]
    options: CleanOptions


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """What became of one file."""

    file: str
    """Its pseudonym."""
    entry: VideoEntry | None = None
    """The video, if it was taken."""
    labels: tuple[Label, ...] = ()
    facts: Facts = field(default_factory=dict)
    reason: str | None = None
    """Why it was refused, if it was."""


def handle(job: Job) -> FileResult:
    """Read, clean and write one file; a refusal is a result, not an exception."""
    try:
        # Libraries quote headers and names in their warnings.
        with warnings.catch_warnings(action="ignore"):
            return _take(job)
    except IngestError as error:
        return FileResult(file=job.file, reason=str(error))
    except MemoryError:
        return FileResult(file=job.file, reason="too large for this machine's memory")


def crashed(job: Job) -> FileResult:
    """The result of a file whose decoding ends the process."""
    reason = "decoding it kills the process (out of memory, or a faulty codec)"
    return FileResult(file=job.file, reason=reason)


def _take(job: Job) -> FileResult:
    recording = read(job.path, job.options.damaged)
    known = job.source.known(job.relative, recording.identity)
    names = Names(
        subject=pseudonym(job.key, "s", known.subject),
        exam=pseudonym(job.key, "e", f"{known.subject}\0{known.exam or ''}"),
        video=content_pseudonym(job.key, job.path),
    )
    video = clean(recording, names, job.options)
    return FileResult(
        file=job.file,
        entry=Store.open(job.store).write_video(video, job.file),
        labels=tuple(_labels(names.video, known, job.stretches)),
        facts={**video.facts, "frames": len(video.frames_THW)},
    )


def _labels(video: str, known: Known, stretches: tuple[Stretch, ...]) -> list[Label]:
    whole = [Stretch(task, label, None, None) for task, label in known.labels.items()]
    return [Label(video=video, **row._asdict()) for row in (*whole, *stretches)]
