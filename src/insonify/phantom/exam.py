"""One sweep of an exam on disk: a screen recording or DICOM cines, and table rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from threadpoolctl import threadpool_limits

from insonify.phantom.footage import Footage
from insonify.phantom.gaze import follow
from insonify.phantom.look import draw_look
from insonify.phantom.options import PhantomOptions
from insonify.phantom.recording import EVENTS, Shot, bare, record, runs
from insonify.phantom.subject import draw_subject
from insonify.phantom.sweep import plan_sweep
from insonify.phantom.tables import Row, gaze_rows, write_bids
from insonify.phantom.texture import Texture, make_texture
from insonify.phantom.write import Header, write_cine, write_movie

_CHANCE = 1000  # purpose of the generator of events and gaze; approaches count from 0


VIDEOS = "videos"
"""Folder of the videos; paths in the tables are relative to it."""


@dataclass(kw_only=True)
class Outcome:
    """What one sweep left behind.

    Attributes:
        files: Paths written, relative to the data set.
        frames: Frames in them.
        rows: Rows for each table, by the table's name.
    """

    files: list[str] = field(default_factory=list)
    frames: int = 0
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, path: str, rows: Iterable[Row]) -> None:
        """Add rows to a table, the path in front of each."""
        self.rows.setdefault(table, []).extend((path, *row) for row in rows)


def write_sweep(
    folder: Path, options: PhantomOptions, number: int, sweep: int
) -> Outcome:
    """Draw and write one sweep of one subject; depends on nothing but its arguments."""
    subject = draw_subject(options.seed, number)
    look = draw_look(options.seed, number, options.size)
    footage = Footage(
        subject=subject,
        look=look,
        texture=_texture(options.seed),
        approaches=plan_sweep(subject, look, options, sweep),
        seed=options.seed,
        sweep=sweep,
        fps=options.fps,
    )
    kind = options.formats[(number + sweep) % len(options.formats)]
    write = _write_screen if kind == "mp4" else _write_cines
    stem = f"{subject.name}/exam-1/sweep-{sweep + 1}"
    (folder / VIDEOS / stem).parent.mkdir(parents=True, exist_ok=True)
    # One thread: the products are too small to share out (27 against 67 frames/s on
    # two busy cores), and their rounding does not depend on the machine's cores.
    with threadpool_limits(1, "blas"):
        return write(folder, stem, footage, options)


def _write_screen(
    folder: Path, stem: str, footage: Footage, options: PhantomOptions
) -> Outcome:
    """One mp4 of the scanner's screen, with its events and gaze."""
    path = f"{stem}.mp4"
    generator = footage.generator(_CHANCE)
    shots = record(footage.approaches, options.fps, options.interruptions, generator)
    write_movie(folder / VIDEOS / path, footage.screens(shots), options.fps)
    outcome = Outcome()
    _describe(outcome, path, footage, shots)
    for event in EVENTS:
        marked = [event if event in shot.events else None for shot in shots]
        outcome.add("events", path, runs(marked, options.fps))
    if options.gaze:
        gaze = follow(footage.targets(shots), footage.middle, options.fps, generator)
        outcome.add("gaze", path, gaze_rows(gaze))
        label = footage.subject.name.replace("-", "")
        name = f"sub-{label}_task-scan_run-{footage.sweep + 1}"
        write_bids(folder / "bids", name, gaze, footage.screen(0).size, path)
    return outcome


def _write_cines(
    folder: Path, stem: str, footage: Footage, options: PhantomOptions
) -> Outcome:
    """One DICOM cine for each approach, live frames only."""
    outcome = Outcome()
    for number, approach in enumerate(footage.approaches):
        path = f"{stem}-{number + 1}.dcm"
        shots, screen = bare(number, approach), footage.screen(number)
        header = Header(
            subject=footage.subject.name,
            exam=f"{footage.subject.name}-1",
            number=100 * (footage.sweep + 1) + number,
            fps=options.fps,
            box=screen.box,
            mm_per_px=screen.device.fan.mm_per_px,
            photometric=footage.look.photometric,
            maker=footage.look.maker,
        )
        write_cine(folder / VIDEOS / path, footage.screens(shots), header)
        _describe(outcome, path, footage, shots)
    return outcome


def _describe(outcome: Outcome, path: str, footage: Footage, shots: list[Shot]) -> None:
    """Add a file and what every kind of file has: subject, labels, boxes."""
    outcome.files.append(path)
    outcome.frames += len(shots)
    name = footage.subject.name
    outcome.add("subjects", path, [(name, f"{name}-1")])
    views = runs([shot.view for shot in shots], footage.fps)
    outcome.add("labels", path, [("plane", *view) for view in views])
    outcome.add("boxes", path, footage.boxes(shots))


@lru_cache(maxsize=1)
def _texture(seed: int) -> Texture:
    """The noise volumes, drawn once a process: they take half a second."""
    return make_texture(seed)
