"""What ingest made of the source files, as sections of a data sheet."""

from collections.abc import Mapping
from typing import Final

from insonify.report.card.counts import NOT_RECORDED
from insonify.report.card.data import DataFacts
from insonify.report.card.preparation import Count, Preparation
from insonify.report.card.text import Grid, Section
from insonify.report.card.words import counted, plain

_STEPS: Final = (
    "Every source file was read by insonify (a file is known by its content), cut to "
    "its image area, turned to grey, reduced where it was larger than the stored size, "
    "and rid of frames that teach nothing.",
    "Stored are grey frames, their times in seconds since the first frame, the segment "
    "and the motion of each frame. Pixels outside the image area are 0.",
    "The source files are not part of the store.",
)
_DEIDENTIFIED: Final = (
    "Kept are pixels inside the image area, their times and scale, labels and gaze "
    "that were given, and the technical facts listed here; nothing else of a header, "
    "and no name.",
    "Subjects, exams, files and videos are pseudonyms keyed by a secret of the site; "
    "without it they cannot be undone by trying all numbers. Which pseudonym is which "
    "file stands in a private list beside that key, and not in the store.",
    "Dates are dropped; times count from the first frame of a video.",
    "Text that moves or fades inside the image area is not found by ingest: the sheets "
    "for sign-off are to be looked at by a person.",
)


def preprocessing(data: DataFacts, done: Preparation) -> Section:
    """Steps, frames kept, and what was dropped for which reason."""
    facts = {
        "Short side of the image area": f"at most {data.settings['size']} pixels",
        "Frames read and kept": _read(data, done),
    }
    grids = [
        _counts("Frames dropped", done.dropped),
        _counts("Found, not dropped", done.marked),
    ]
    if done.thresholds:
        grids.append(_thresholds(done))
    if done.notes:
        grids.append(_frequent("What ingest noted", ("note", "videos"), done.notes))
    return Section(
        title="Preprocessing",
        facts=tuple(facts.items()),
        sentences=_STEPS,
        grids=tuple(grids),
    )


def _read(data: DataFacts, done: Preparation) -> str:
    if not done.told:
        return NOT_RECORDED
    text = f"{done.frames_kept} of {done.frames_read} kept"
    untold = data.whole.videos - done.told
    return text + (f"; not recorded for {counted(untold, 'video')}" if untold else "")


def _counts(title: str, counts: tuple[Count, ...]) -> Grid:
    return Grid(
        title=title,
        heads=("what", "count", "videos", "looked for in"),
        rows=tuple(
            (
                each.name,
                str(each.count) if each.looked else "not looked for",
                str(each.videos) if each.looked else "",
                counted(each.looked, "video"),
            )
            for each in counts
        ),
    )


def _thresholds(done: Preparation) -> Grid:
    unset = f"; not recorded for {counted(done.unset, 'video')}" if done.unset else ""
    return Grid(
        title=f"Thresholds of triage{unset}",
        heads=("threshold", "value"),
        rows=tuple((k, " / ".join(map(plain, v))) for k, v in done.thresholds.items()),
        folded=True,
    )


def _frequent(title: str, heads: tuple[str, str], counts: Mapping[str, int]) -> Grid:
    rows = tuple((name, str(count)) for name, count in counts.items())
    return Grid(title=title, heads=heads, rows=rows)


def refused(done: Preparation) -> Section:
    """Files that were not taken, by reason."""
    files = sum(done.rejects.values())
    if not files:
        return Section(title="Refused files", sentences=("None.",))
    return Section(
        title="Refused files",
        sentences=(f"{counted(files, 'file')} refused, by reason (N: a number).",),
        grids=(_frequent("", ("reason", "files"), done.rejects),),
    )


def deidentification(data: DataFacts) -> Section:
    """What is kept of a source, and what stands for a name."""
    grid = _frequent("Facts that are kept", ("fact", "videos"), data.kept_facts)
    return Section(title="De-identification", sentences=_DEIDENTIFIED, grids=(grid,))
