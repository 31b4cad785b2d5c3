from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.cli.main import run
from insonify.core.video import Frames

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_ingest_shows_what_became_of_each_file(
    tmp_path: Path,
    write_movie: WriteMovie,
    screen: Screen,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_movie(tmp_path / "in" / "Example_Erika.avi", screen(12))
    (tmp_path / "in" / "broken.avi").write_text("no video")
    words = ["ingest", str(tmp_path / "in"), str(tmp_path / "store"), "--size", "64"]
    words += ["--subjects-from", "file", "--workers", "0"]
    assert run([*words, "--strict"]) == 1
    shown = capsys.readouterr().out
    assert "not a video" in shown.replace("\n", " ")
    assert "linkage-" in shown
    assert "Erika" not in shown
    assert run(words) == 0
    assert (tmp_path / "config" / "insonify" / "site.key").exists()


def test_inspect_draws_a_contact_sheet(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    movie = write_movie(tmp_path / "0.avi", screen(12))
    sheet = tmp_path / "sheet.png"
    assert run(["inspect", str(movie), "--sheet", str(sheet)]) == 0
    with Image.open(sheet) as image:
        sheet_HW3 = np.asarray(image).astype(int)
    # The source has no colour: area (red) and rectangle (green) are drawn into it.
    excess_HW = sheet_HW3[:, :, 0] - sheet_HW3[:, :, 1]
    assert (excess_HW > 80).sum() > 100
    assert (excess_HW < -80).sum() > 100
    assert run(["inspect", str(movie), "--sheet", str(sheet)]) == 2
    (tmp_path / "broken.avi").write_text("no video")
    assert run(["inspect", str(tmp_path / "broken.avi")]) == 1
