"""What every reader of gaze does, whatever the format."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.gaze.readers import READERS
from insonify.ingest.gaze.samples import GazeSamples

SECRET = "Erika4711"


def read(case: Any, path: Path) -> GazeSamples:
    found = READERS[case.format].read(path)
    assert len(found) == 1
    return found[0]


def test_samples_come_back_as_they_were_written(
    case: Any, truth: Callable[..., Any], tmp_path: Path
) -> None:
    gaze = truth(40)
    found = read(case, case.save(tmp_path, case.lines(gaze)))
    np.testing.assert_allclose(found.times_s_G, gaze.times_s_G, atol=1e-9)
    np.testing.assert_array_equal(found.valid_G, gaze.valid_G)
    shape = (800, 1000) if found.unit == "share" else (1, 1)
    points_G2 = found.points_G2 * (shape[1], shape[0])
    np.testing.assert_allclose(points_G2, gaze.points_G2, atol=6e-4)
    assert (found.video, found.unit, found.screen) == (
        case.video,
        case.unit,
        case.screen,
    )


def test_files_are_found_by_their_ending(case: Any) -> None:
    assert case.name.endswith(READERS[case.format].ending)


@pytest.mark.parametrize("sample", [0, 7, 11])
def test_a_cell_that_is_no_number_is_refused_with_its_line(
    case: Any, truth: Callable[..., Any], tmp_path: Path, sample: int
) -> None:
    gaze = truth()
    lines, number = case.lines(gaze), len(case.head) + sample
    cell = case.cell(gaze.points_G2[sample, 0], 0)
    assert cell in lines[number]
    lines[number] = lines[number].replace(cell, SECRET, 1)
    refused(case, case.save(tmp_path, lines), rf"^line {number + 1}: .*not a number")


def test_a_line_that_breaks_off_is_refused_with_its_number(
    case: Any, truth: Callable[..., Any], tmp_path: Path
) -> None:
    gaze = truth()
    lines, number = case.lines(gaze), len(case.head) + 8
    at = lines[number].index(case.cell(gaze.points_G2[8, 0], 0))
    lines[number] = lines[number][: at + 3]
    refused(case, case.save(tmp_path, lines), rf"^line {number + 1}: .*export it")


def test_time_that_goes_back_is_refused_with_its_line(
    case: Any, truth: Callable[..., Any], tmp_path: Path
) -> None:
    lines, number = case.lines(truth()), len(case.head) + 6
    lines[number], lines[number - 1] = lines[number - 1], lines[number]
    refused(
        case, case.save(tmp_path, lines), rf"^line {number + 1}: the time goes back"
    )


def test_a_file_without_samples_is_refused(
    case: Any, truth: Callable[..., Any], tmp_path: Path
) -> None:
    head = case.lines(truth())[: len(case.head)]
    refused(case, case.save(tmp_path, head), "no sample of gaze")


@pytest.mark.parametrize(
    "content",
    [b"", bytes(range(256)) * 40, f"{SECRET},2\n3,4\n".encode(), b"\xff\xfe\x00\xd8"],
    ids=["empty", "binary", "other", "broken"],
)
def test_a_file_of_another_kind_is_refused(
    case: Any, truth: Callable[..., Any], tmp_path: Path, content: bytes
) -> None:
    path = case.save(tmp_path, case.lines(truth()))
    path.write_bytes(content)
    refused(case, path, "export|--format")


def test_a_file_of_another_format_is_refused(
    case: Any, cases: dict[str, Any], truth: Callable[..., Any], tmp_path: Path
) -> None:
    for other in cases.values():
        if other.format != case.format:
            path = other.save(tmp_path / other.format, other.lines(truth()))
            refused(case, path, "export|--format")


def test_a_missing_file_is_refused(
    case: Any, truth: Callable[..., Any], tmp_path: Path
) -> None:
    path = case.save(tmp_path, case.lines(truth()))
    path.unlink()
    refused(case, path, "cannot be read")


def refused(case: Any, path: Path, reason: str) -> None:
    """The reader refuses and quotes neither the file's name nor what is in it."""
    with pytest.raises(IngestError, match=reason) as caught:
        READERS[case.format].read(path)
    assert SECRET not in str(caught.value)
    assert path.name not in str(caught.value)
