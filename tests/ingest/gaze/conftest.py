"""Files of every format of gaze, written to the formats' descriptions.

Legend: G samples, 2 right and down.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from insonify.ingest.gaze.readers import GazeFormat

SCREEN: Final = (800, 1000)
"""Rows and columns of the tracker's screen."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What was looked at."""

    times_s_G: npt.NDArray[np.float64]
    points_G2: npt.NDArray[np.float64]
    valid_G: npt.NDArray[np.bool_]


def truth(count: int = 12, seed: int = 0) -> Truth:
    """Samples 4 ms apart, a gap of half a second, the fifth sample invalid."""
    generator = np.random.default_rng(seed)
    times = np.arange(count) * 0.004 + 0.5 * (np.arange(count) >= count // 2)
    points = generator.integers(0, 4 * 800, (count, 2)) / 4 + 0.125
    valid = np.arange(count) != 4
    return Truth(
        times_s_G=times,
        points_G2=np.where(valid[:, None], points, np.nan),
        valid_G=valid,
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A format: how its files are written, and where things are in them."""

    format: GazeFormat
    name: str
    """Name of a file."""
    head: tuple[str, ...]
    """Lines before the first sample."""
    row: Callable[[float, tuple[str, str] | None], str]
    """A line from seconds and cells; None is an eye that is not seen."""
    cell: Callable[[float, int], str] = lambda value, _: f"{value:.3f}"
    """A coordinate of axis 0 (right) or 1 (down)."""
    tail: tuple[str, ...] = ()
    screen: tuple[int, int] | None = SCREEN
    unit: str = "pixel"
    video: str | None = "a/b.mp4"
    sidecar: dict[str, object] | None = None

    def lines(self, gaze: Truth) -> list[str]:
        rows = []
        for time, point, seen in zip(
            gaze.times_s_G, gaze.points_G2, gaze.valid_G, strict=True
        ):
            cells = self.cell(point[0], 0), self.cell(point[1], 1)
            rows.append(self.row(time, cells if seen else None))
        return [*self.head, *rows, *self.tail]

    def save(self, folder: Path, lines: list[str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path, content = folder / self.name, "".join(f"{line}\n" for line in lines)
        if self.sidecar is not None:
            sidecar = path.name.removesuffix(".tsv.gz") + ".json"
            (folder / sidecar).write_text(json.dumps(self.sidecar))
            path.write_bytes(gzip.compress(content.encode()))
        else:
            path.write_text(content, encoding="utf-8")
        return path


def _tobii(time: float, cells: tuple[str, str] | None) -> str:
    right, down = cells or ("", "")
    seen = "Valid" if cells else "Invalid"
    us = f"{time * 1e6 + 7000:.0f}"
    return "\t".join([us, "Eye Tracker", "", right, down, seen, "Invalid", "b.mp4"])


def _eyelink(time: float, cells: tuple[str, str] | None) -> str:
    right, down = cells or (".", ".")
    return f"{time * 1000 + 5000:.0f}\t  {right}\t  {down}\t  714.0\t..."


CASES: Final = (
    Case(
        format="neutral",
        name="gaze.csv",
        head=("path,t_s,x,y,valid",),
        row=lambda time, cells: ",".join(
            ["a/b.mp4", f"{time:.4f}", *(cells or ("", "")), str(int(bool(cells)))]
        ),
        screen=None,
    ),
    Case(
        format="bids",
        name="sub-1_task-scan_recording-eye1_physio.tsv.gz",
        head=(),
        row=lambda time, cells: "\t".join(
            [f"{time * 1000 + 123:.1f}", *(cells or ("n/a", "n/a"))]
        ),
        sidecar={
            "PhysioType": "eyetrack",
            "SampleCoordinateSystem": "gaze-on-screen",
            "SamplingFrequency": 250,
            "StartTime": 0,
            "Columns": ["timestamp", "x_coordinate", "y_coordinate"],
            "timestamp": {"Units": "ms"},
            "x_coordinate": {"Units": "pixel"},
            "y_coordinate": {"Units": "pixel"},
            "StimulusPresentation": {"ScreenResolution": [SCREEN[1], SCREEN[0]]},
            "StimulusFile": "a/b.mp4",
        },
    ),
    Case(
        format="tobii",
        name="export.tsv",
        head=(
            "Recording timestamp [μs]\tSensor\tEvent\tGaze point X [DACS px]\t"
            "Gaze point Y [DACS px]\tValidity left\tValidity right\t"
            "Presented Media name\tRecording resolution height [px]\t"
            "Recording resolution width [px]",
            "6000\t\tRecordingStart\t\t\t\t\t\t800\t1000",
            "7000\t\tVideoStimulusStart\t\t\t\t\tb.mp4\t800\t1000",
        ),
        row=lambda time, cells: _tobii(time, cells) + "\t800\t1000",
        video="b.mp4",
    ),
    Case(
        format="eyelink",
        name="scan.asc",
        head=(
            "** CONVERTED FROM SCAN.EDF",
            "MSG\t4000 DISPLAY_COORDS 0 0 999 799",
            "START\t4100 \tRIGHT\tSAMPLES\tEVENTS",
            "PRESCALER\t1",
            "SAMPLES\tGAZE\tRIGHT\tRATE\t 250.00\tTRACKING\tCR\tFILTER\t2",
            "MSG\t5003 3 SYNCTIME",
            "SFIX R   5000",
        ),
        row=_eyelink,
        tail=("EFIX R   5000\t5040\t40\t 100.0\t 100.0\t  714", "END\t5100 \tSAMPLES"),
        video=None,
    ),
    Case(
        format="gazepoint",
        name="user_all_gaze.csv",
        head=(
            "MEDIA_ID,MEDIA_NAME,CNT,TIME(2020/01/01 10:00:00.000),FPOGX,FPOGY,FPOGV,"
            "BPOGX,BPOGY,BPOGV,",
        ),
        row=lambda time, cells: ",".join(
            [
                f"0,b.mp4,1,{time:.5f},0.5,0.5,1",
                *(cells or ("0.00000", "0.00000")),
                f"{int(bool(cells))},",
            ]
        ),
        cell=lambda value, axis: f"{value / SCREEN[1 - axis]:.6f}",
        screen=None,
        unit="share",
        video="b.mp4",
    ),
)


@pytest.fixture(params=CASES, ids=[case.format for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture(name="cases")
def give_cases() -> dict[str, Case]:
    return {case.format: case for case in CASES}


@pytest.fixture(name="truth")
def give_truth() -> Callable[..., Truth]:
    return truth
