"""BIDS eye tracking (BEP020, in BIDS from 1.11): compressed table and JSON sidecar.

Metadata is inherited: a JSON file higher up applies to all files below that have the
entities of its name, and a nearer one overrides it (BIDS, inheritance principle).
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from insonify.core.errors import IngestError
from insonify.ingest.gaze.lines import Rows, number
from insonify.ingest.gaze.samples import GazeSamples, Tape

_END: Final = "_physio.tsv.gz"
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_PIXELS: Final = ("pixel", "pixels", "px")


def read_bids(path: Path) -> list[GazeSamples]:
    """Read ``*_physio.tsv.gz`` with its sidecar.

    The first sample is at StartTime; the others follow by their timestamps, or by
    SamplingFrequency where there are none. The video is StimulusFile. Recordings of
    both eyes lie in a file each, and both count.

    Raises:
        IngestError: it is no such file, or the sidecar lacks something.
    """
    if not path.name.endswith(_END):
        raise IngestError(f"not a file *{_END}; name one, or another --format")
    about = _inherited(path, "physio")
    _check(about)
    columns = [str(name) for name in about["Columns"]]
    rows = Rows(path, "\t", columns)
    places = [_place(rows, name) for name in ("x_coordinate", "y_coordinate")]
    tape = Tape()
    for line, cells in rows:
        right, down = (number(cells[at], line, columns[at]) for at in places)
        tape.add(line, _time(cells, line, columns, len(tape)), (right, down))
    unit_s = _unit_s(about, columns)
    first = tape.times[0] if tape.times else 0.0
    zero = first - _start_s(about) / unit_s
    video = about.get("StimulusFile")
    return [
        tape.samples(
            zero=zero,
            unit_s=unit_s,
            video=None if video is None else str(video),
            **_setting(path, about),
        )
    ]


def _check(about: dict[str, Any]) -> None:
    """Refuse what is not gaze on a screen in pixels."""
    if about.get("PhysioType") != "eyetrack":
        raise IngestError("the sidecar's PhysioType is not 'eyetrack'; leave it out")
    if about.get("SampleCoordinateSystem") != "gaze-on-screen":
        raise IngestError(
            "SampleCoordinateSystem is not 'gaze-on-screen'; map the gaze to the screen"
        )
    if not isinstance(about.get("Columns"), list):
        raise IngestError("the sidecar has no list Columns; add it")
    for name in ("x_coordinate", "y_coordinate"):
        if _units(about, name) not in _PIXELS:
            raise IngestError(f"Units of {name} are not 'pixel'; convert and say so")


def _start_s(about: dict[str, Any]) -> float:
    """Seconds from the first frame of the video to the first sample."""
    start_s = about.get("StartTime", 0)
    if not isinstance(start_s, (int, float)):
        raise IngestError("StartTime is not a number of seconds; correct it")
    return float(start_s)


def _units(about: dict[str, Any], column: str) -> str:
    described = about.get(column)
    return str(described.get("Units")) if isinstance(described, dict) else ""


def _place(rows: Rows, name: str) -> int:
    if name not in rows.columns:
        raise IngestError(f"the sidecar's Columns lack {name!r}; add it")
    return rows.columns.index(name)


def _time(cells: list[str], line: int, columns: list[str], count: int) -> float:
    """The timestamp of a row, or its number."""
    if "timestamp" not in columns:
        return float(count)
    return number(cells[columns.index("timestamp")], line, "timestamp")


def _unit_s(about: dict[str, Any], columns: list[str]) -> float:
    """Seconds between two samples, or that a unit of timestamps lasts."""
    if "timestamp" in columns:
        unit = _units(about, "timestamp")
        if unit not in _SECONDS:
            raise IngestError("Units of timestamp are not s, ms, us or ns; say them")
        return _SECONDS[unit]
    rate = about.get("SamplingFrequency")
    if not isinstance(rate, (int, float)) or not rate > 0:
        raise IngestError("neither timestamps nor a SamplingFrequency; add one")
    return 1 / rate


def _setting(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Screen and distance, from the sidecar or that of the events; lengths in m."""
    shown = about.get("StimulusPresentation")
    if not isinstance(shown, dict):
        shown = _inherited(path, "events").get("StimulusPresentation", {})
    found: dict[str, Any] = {}
    if size := _pair(shown, "ScreenResolution"):
        found["screen"] = (round(size[0]), round(size[1]))
    if size := _pair(shown, "ScreenSize"):
        found["screen_cm"] = (100 * size[0], 100 * size[1])
    distance = shown.get("ScreenDistance")
    if isinstance(distance, (int, float)) and distance > 0:
        found["distance_cm"] = 100.0 * distance
    return found


def _pair(shown: dict[str, Any], name: str) -> tuple[float, float] | None:
    """Height and width of what BIDS gives as width and height; None if absent."""
    found = shown.get(name)
    if found in (None, "n/a"):
        return None
    try:
        width, height = map(float, found)
    except (TypeError, ValueError):
        raise IngestError(f"{name} is not a pair of numbers; correct it") from None
    if not (width > 0 and height > 0 and math.isfinite(width * height)):
        raise IngestError(f"{name} is not a pair of positive numbers; correct it")
    return height, width


def _inherited(path: Path, suffix: str) -> dict[str, Any]:
    """The metadata that applies to a file, nearest last.

    Raises:
        IngestError: there is none, or it is not JSON.
    """
    found: dict[str, Any] = {}
    for file in _sidecars(path, suffix):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = None
        if not isinstance(content, dict):
            raise IngestError("a sidecar is not a JSON object; correct it")
        found |= content
    if not found and suffix == "physio":
        raise IngestError("no JSON sidecar beside it or above; export it too")
    return found


def _sidecars(path: Path, suffix: str) -> Iterator[Path]:
    """JSON files whose name has only entities of the file's, from the root down."""
    mine = set(path.name.split("_")[:-1])
    folders = [path.parent]
    for folder in path.parents:
        if (folder / "dataset_description.json").is_file():
            below = path.parent.relative_to(folder).parts
            folders = [folder.joinpath(*below[:n]) for n in range(len(below) + 1)]
            break
    for folder in folders:
        found = folder.glob(f"*{suffix}.json")
        names = {file: file.name.split("_") for file in found}
        for file, parts in sorted(names.items(), key=lambda item: len(item[1])):
            if parts[-1] == f"{suffix}.json" and set(parts[:-1]) <= mine:
                yield file
