from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from insonify.cli.main import run
from insonify.core.video import Frames
from insonify.ingest.area.profile_entry import Match
from insonify.ingest.area.profiles import Profiles

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
    assert run(["inspect", str(movie), "--sheet", str(sheet), "--overwrite"]) == 0


def test_inspect_of_what_cannot_be_opened_says_so_and_draws_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, sheet = tmp_path / "broken.avi", tmp_path / "sheet.png"
    broken.write_text("no video")
    words = ["inspect", str(broken), "--sheet", str(sheet)]
    assert run([*words, "--save-profile", str(tmp_path / "p.yaml")]) == 1
    shown = capsys.readouterr().out
    assert "not a video" in " ".join(shown.split())
    assert "no frame can be read" in shown
    assert "no image area was found" in shown
    assert not sheet.exists()
    assert not (tmp_path / "p.yaml").exists()


def test_inspect_draws_a_refused_still_and_what_it_holds(
    tmp_path: Path, screen: Screen
) -> None:
    Image.fromarray(screen(1)[0]).save(tmp_path / "still.png")
    sheet = tmp_path / "sheet.png"
    words = ["inspect", str(tmp_path / "still.png"), "--sheet", str(sheet)]
    assert run(words) == 1
    with Image.open(sheet) as image:
        shown = np.asarray(image.convert("L"))
    # The whole frame, its text bar at full brightness, and words beside it.
    assert shown[4:14, :200].max() == 230
    assert shown[:, 320:].max() > 200


def test_inspect_saves_the_area_as_the_profile_of_the_device(
    tmp_path: Path,
    dataset: Callable[..., Dataset],
    screen: Screen,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cine = dataset(screen(), Manufacturer="Maker", ManufacturerModelName="Scan 3")
    cine.save_as(tmp_path / "Example_Erika.dcm", enforce_file_format=True)
    words = ["inspect", str(tmp_path / "Example_Erika.dcm")]
    path = tmp_path / "profiles.yaml"
    assert run([*words, "--save-profile", str(path)]) == 0
    assert "Profile (sector)" in capsys.readouterr().out
    saved = path.read_text()
    (entry,) = Profiles.read(path).entries
    assert entry.match == Match(
        manufacturer="Maker", model="Scan 3", container="dicom", shape=(176, 200)
    )
    for secret in ("Erika", "4711", "1999", "Example"):
        assert secret not in saved
    assert run([*words, "--save-profile", str(path)]) == 2
    assert path.read_text() == saved
