"""One file from the source to the store; a function that any process can run."""

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from insonify.core.errors import IngestError
from insonify.core.video import Video
from insonify.ingest.clean import CleanOptions, Names, views
from insonify.ingest.deidentify import content_pseudonym, pseudonym
from insonify.ingest.engine.limits import WHY_LOST, Lost
from insonify.ingest.folder.image_folder import digest_images, read_image_folder
from insonify.ingest.formats.reading import read
from insonify.ingest.label_table import Marked, Moment, Stretch, in_seconds
from insonify.ingest.recording import Recording
from insonify.ingest.sheet import Glimpse, batch_row, jpeg
from insonify.ingest.subjects import Known, Source
from insonify.store import Label, Store, VideoEntry


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to handle, with all that is needed for it."""

    path: Path
    """The file, or the folder of its images."""
    relative: Path
    """Path within the folder that is ingested."""
    file: str
    """Pseudonym of the file."""
    store: Path
    key: bytes = field(repr=False)
    source: Source
    stretches: tuple[Marked, ...]
    options: CleanOptions
    images: tuple[str, ...] = ()
    """Names of the images in ``path`` that are its frames."""
    rate_hz: float | None = None
    """Frames a second, for a recording that does not say."""
    refused: str | None = None
    """Why it is not to be read, if that is known already."""
    pictures: bool = True
    """Whether to draw what is kept, for sign-off."""


@dataclass(kw_only=True)
class FileResult:
    """What became of one file."""

    file: str
    """Its pseudonym."""
    entries: list[VideoEntry] = field(default_factory=list)
    """The videos in it: one for each view; none if it was refused."""
    labels: list[Label] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Frames read, kept, and dropped by reason, over all views."""
    pictures: list[bytes] = field(default_factory=list)
    """A row of a sheet for each video, as JPEG."""
    reason: str | None = None
    """Why it was refused, if it was."""

    def add(
        self, entry: VideoEntry, labels: Iterable[Label], counts: Mapping[str, int]
    ) -> None:
        """Add a video that was written."""
        self.entries.append(entry)
        self.labels += labels
        self.counts.update(counts)


def handle(job: Job) -> FileResult:
    """Read, clean and write one file; a refusal is a result, not an exception."""
    try:
        # Libraries quote headers and names in their warnings.
        with warnings.catch_warnings(action="ignore"):
            return _take(job)
    except IngestError as error:
        return FileResult(file=job.file, reason=str(error))
    except MemoryError:
        return lost(job, "out of memory")


def lost(job: Job, how: Lost) -> FileResult:
    """The result of a file that took its process with it."""
    return FileResult(file=job.file, reason=WHY_LOST[how])


def _take(job: Job) -> FileResult:
    if job.refused is not None:
        raise IngestError(job.refused)
    store, recording = Store.open(job.store), _read(job)
    known = job.source.known(job.relative, recording.identity)
    recording.facts.update(known.facts)
    names = Names(
        subject=pseudonym(job.key, "s", known.subject),
        exam=pseudonym(job.key, "e", f"{known.subject}\0{known.exam or ''}"),
        video=_content(job),
    )
    stretches = _stretches(recording, job.stretches)
    result = FileResult(file=job.file)
    try:
        for number, view in enumerate(views(recording, job.options, job.relative), 1):
            video = names.video if number == 1 else f"{names.video}-{number}"
            glimpses: list[Glimpse] = []
            parts = _glimpsed(view.parts(names._replace(video=video)), glimpses)
            entry = store.write_video(parts, job.file)
            result.add(entry, _labels(video, known, stretches), view.counts)
            if job.pictures:
                result.pictures.append(_picture(glimpses, entry))
    except BaseException:
        for entry in result.entries:
            store.discard(entry)
        raise
    return result


def _glimpsed(parts: Iterable[Video], glimpses: list[Glimpse]) -> Iterator[Video]:
    """The parts, of each of which a few frames are kept."""
    for part in parts:
        glimpses.append(Glimpse.of(part))
        yield part
        del part  # before the next is made


def _picture(glimpses: Sequence[Glimpse], entry: VideoEntry) -> bytes:
    return jpeg(batch_row(Glimpse.over(glimpses), entry.row))


def _read(job: Job) -> Recording:
    damaged = job.options.damaged
    if job.images and job.rate_hz is not None:
        return read_image_folder(job.path, job.images, job.rate_hz, damaged)
    return read(job.path, damaged, job.rate_hz)


def _content(job: Job) -> str:
    if job.images:
        return pseudonym(job.key, "v", digest_images(job.path, job.images))
    return content_pseudonym(job.key, job.path)


def _stretches(recording: Recording, marked: tuple[Marked, ...]) -> tuple[Stretch, ...]:
    """All labels of parts by seconds; times are read only if frames are numbered."""
    numbered = any(isinstance(row, Moment) for row in marked)
    times_s = [frame.time_s for frame in recording.frames()] if numbered else []
    found = [
        in_seconds(row, times_s) if isinstance(row, Moment) else row for row in marked
    ]
    if None in found:
        recording.add_note("a label of a frame that the file does not have is left out")
    return tuple(row for row in found if row is not None)


def _labels(video: str, known: Known, stretches: tuple[Stretch, ...]) -> list[Label]:
    whole = [Stretch(task, label, None, None) for task, label in known.labels.items()]
    return [Label(video=video, **row._asdict()) for row in (*whole, *stretches)]
