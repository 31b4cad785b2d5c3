"""EchoNet-Dynamic: apical four-chamber videos of 10,030 people, one each.

``FileList.csv`` (a row a video), ``VolumeTracings.csv`` (the left ventricle at its
largest and its smallest, as chords) and a folder ``Videos``. A continuous target is no
label: the ejection fraction is a fact of the video, and task ``ef_class`` has its
clinical classes. Task ``phase`` marks the two traced frames. Legend: P points.
"""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from insonify.core.errors import ConfigError
from insonify.ingest.clean import CleanOptions
from insonify.ingest.label_table import Moment
from insonify.ingest.public.ejection_fraction import ejection_class
from insonify.ingest.public.public_set import Contents, PublicSet
from insonify.ingest.subjects import Known
from insonify.ingest.table import Row, read_table

_TABLE: Final = "FileList.csv"
_TRACINGS: Final = "VolumeTracings.csv"
_COLUMNS: Final = ("FileName", "EF", "ESV", "EDV", "Split")
_CORNERS: Final = ("X1", "Y1", "X2", "Y2")
_PARTS: Final = {"TRAIN": "train", "VAL": "validation", "TEST": "test"}
Chords: TypeAlias = list[tuple[float, ...]]


def _read(contents: Contents) -> None:
    phases = _phases(contents.root / _TRACINGS)
    untraced = 0
    for row in read_table(contents.root / _TABLE, _COLUMNS):
        name = row["FileName"].removesuffix(".avi")
        part = _PARTS.get(row["Split"].upper())
        if part is None:
            raise ConfigError(
                f"{contents.root}: {_TABLE} has Split {row['Split']!r} and must have "
                f"one of {', '.join(_PARTS)}; copy the published table again"
            )
        moments = phases.get(name, ())
        untraced += not moments
        contents.add(f"Videos/{name}.avi", _known(name, row), part=part, marked=moments)
    contents.remark_if(untraced, "videos have no two traced frames and so no phases")
    contents.remark_unlisted("Videos", (".avi",))


def _known(name: str, row: Row) -> Known:
    try:
        ef, esv, edv = (float(row[column]) for column in ("EF", "ESV", "EDV"))
    except ValueError:
        raise ConfigError(
            f"EF, ESV or EDV in a row of {_TABLE} is no number; copy the published "
            "table again"
        ) from None
    return Known(
        subject=name,
        labels={"ef_class": ejection_class(ef)},
        facts={"ejection_fraction": ef, "esv_ml": esv, "edv_ml": edv},
    )


def _phases(path: Path) -> dict[str, tuple[Moment, ...]]:
    """End-diastole and end-systole of each video of which two frames are traced."""
    found: dict[str, tuple[Moment, ...]] = {}
    for name, frames in _tracings(path).items():
        if len(frames) == 2:
            systole, diastole = sorted(frames, key=lambda frame: _area(frames[frame]))
            found[name] = (
                Moment("phase", "ED", diastole),
                Moment("phase", "ES", systole),
            )
    return found


def _tracings(path: Path) -> dict[str, dict[int, Chords]]:
    """The chords of each traced frame of each video.

    Row by row, not by ``read_table``: the published table has 42 rows a video.
    """
    traced: dict[str, dict[int, Chords]] = defaultdict(lambda: defaultdict(list))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                frames = traced[str(row["FileName"]).removesuffix(".avi")]
                chord = tuple(float(row[corner]) for corner in _CORNERS)
                frames[int(row["Frame"])].append(chord)
    except (OSError, LookupError, TypeError, ValueError, csv.Error) as error:
        raise ConfigError(
            f"{path}: not the table of tracings ({type(error).__name__}); it must have "
            f"columns FileName, {', '.join(_CORNERS)} and Frame"
        ) from None
    return traced


def _area(chords: Chords) -> float:
    """Area inside the ends of the chords; the first one is the long axis."""
    ends = np.array(chords[1:]).reshape(-1, 4)
    x_P = np.concatenate([ends[:, 0], ends[::-1, 2]])
    y_P = np.concatenate([ends[:, 1], ends[::-1, 3]])
    return float(abs(x_P @ np.roll(y_P, -1) - y_P @ np.roll(x_P, -1)) / 2)


ECHONET: Final = PublicSet(
    name="echonet",
    title="EchoNet-Dynamic",
    site="https://echonet.github.io/dynamic/ (after registration)",
    licence="Stanford University EchoNet-Dynamic Dataset Research Use Agreement "
    "(non-commercial; read it before a store leaves your hands)",
    citation="Ouyang, He, Ghorbani, Yuan, Ebinger, Langlotz, Heidenreich, Harrington, "
    "Liang, Ashley, Zou: Video-based AI for beat-to-beat assessment of cardiac "
    "function. Nature 580, 252-256 (2020), doi:10.1038/s41586-020-2145-8",
    wanted=(_TABLE, _TRACINGS, "Videos"),
    read=_read,
    clean=CleanOptions(area="full"),
)
