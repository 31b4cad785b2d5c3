"""``insonify search`` as a user runs it."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.cli.main import run
from insonify.deploy.embedding.run import embed_store
from insonify.model.checkpoint import load_checkpoint
from insonify.store import Store
from tests.deploy.conftest import FRAMES, save_small, small_checkpoint, spot_store

SECRET = "DOE^JANE"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with features of an encoder, one without, and a still."""
    folder = tmp_path_factory.mktemp("search")
    store = spot_store(folder / "store")
    run_folder = save_small(folder / "run", small_checkpoint())
    save_small(folder / "other", small_checkpoint(seed=8))
    embed_store(store, load_checkpoint(run_folder))
    spot_store(folder / "bare", labels=False)
    (frame_HW,) = store.read_frames(np.array([5 * FRAMES + 3]))
    Image.fromarray(frame_HW).save(folder / f"{SECRET}.png")
    return folder


def search(place: Path, *options: str, store: str = "store") -> int:
    return run(["search", str(place / store), *options])


def said(text: str) -> str:
    return " ".join(text.split())


def found(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_frame_finds_others(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "found.csv", tmp_path / "found.html"
    files = ("--out", str(out), "--page", str(page))
    assert search(place, "--like", "v-0005#3", *files) == 0
    shown = said(capsys.readouterr().out)
    rows = found(out)
    videos = [row["video"] for row in rows]
    assert len(videos) == 11
    assert "v-0005" not in videos
    assert len(set(videos)) == len(videos)
    similar = [float(row["similarity"]) for row in rows]
    assert similar == sorted(similar, reverse=True)
    assert "No more than 11 of 12 are there." in shown
    assert rows[0]["video"] in shown
    assert rows[0]["label spot"] in {"small", "large"}
    assert page.read_text().count("data:image/jpeg") == 12
    assert search(place, "--like", "v-0005#3", *files) == 2
    assert "--overwrite" in said(capsys.readouterr().err)
    assert search(place, "--like", "v-0005#3", "--overwrite", *files) == 0


def test_options_choose_who_may_be_found(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.csv"

    def rows(*options: str) -> list[dict[str, str]]:
        like = ("--like", "v-0005@2s", "--out", str(out), "--overwrite")
        assert search(place, *like, *options) == 0
        return found(out)

    assert rows("--same-video")[0]["video"] == "v-0005"
    assert {row["subject"] for row in rows("--subject", "s-1", "s-3")} == {"s-1", "s-3"}
    assert "s-4" not in {row["subject"] for row in rows("--not-subject", "s-4")}
    assert "s-2" in {row["subject"] for row in rows()}
    assert "s-2" not in {row["subject"] for row in rows("--other-subjects")}
    assert {row["label spot"] for row in rows("--label", "spot=small")} == {"small"}
    assert len(rows("--count", "5")) == 5
    several = [row["video"] for row in rows("--per-video", "3", "--exact")]
    assert max(several.count(video) for video in several) == 3


def test_a_picture_finds_the_frame_that_it_is(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "found.csv", tmp_path / "found.html"
    area = ["2", "4", "58", "68"]  # the rectangle that the store's video has
    options = ("--checkpoint", str(place / "run"), "--area", *area)
    files = ("--out", str(out), "--page", str(page))
    image = ("--image", str(place / f"{SECRET}.png"))
    assert search(place, *image, *options, *files) == 0
    first = found(out)[0]
    assert (first["video"], first["frame"]) == ("v-0005", "3")
    assert float(first["similarity"]) == pytest.approx(1, abs=1e-4)
    written = capsys.readouterr().out + page.read_text() + out.read_text()
    assert SECRET not in written
    assert "DOE" not in written


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "either --like VIDEO@SECONDS or --image FILE"),
        (("--like", "v-0005#3", "--image", "x.png"), "either --like"),
        (("--image", "x.png"), "--image needs --checkpoint"),
        (("--like", "v-0005#99"), "numbers 0 to 11"),
        (("--like", "v-0005@99s"), "from 0.50 s to 2.42 s"),
        (("--like", "v-77#1"), "no video 'v-77'"),
        (("--like", "v-000#1"), "10 videos begin with 'v-000'"),
        (("--like", "v-0005#3", "--label", "small"), "write TASK=LABEL"),
        (("--like", "v-0005#3", "--label", "spot=huge"), "there are large, small"),
        (("--like", "v-0005#3", "--label", "organ=liver"), "no labels of task 'organ'"),
        (("--like", "v-0005#3", "--subject", "s-9"), "no subject 's-9'"),
        (("--like", "v-0005#3", "--count", "0"), "at least 1"),
        (("--like", "v-0005#3", "--page", "found.txt"), "end it in .html"),
        (("--recall", "5"), "no index"),
    ],
)
def test_mistakes_are_told(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    options: tuple[str, ...],
    told: str,
) -> None:
    assert search(place, *options) == 2
    assert told in said(capsys.readouterr().err)


def test_features_are_asked_for(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(place, "--like", "v-0005#3", store="bare") == 2
    assert "`insonify embed`" in said(capsys.readouterr().err)
    other = ("--checkpoint", str(place / "other"))
    assert search(place, "--like", "v-0005#3", *other) == 2
    told = said(capsys.readouterr().err)
    assert "no features of this encoder" in told
    assert "`insonify embed STORE CKPT`" in told
    store = Store.open(place / "store")
    embed_store(store, load_checkpoint(place / "other"))
    assert search(place, "--like", "v-0005#3", *other) == 0
    assert search(place, "--like", "v-0005#3") == 2
    assert "name the checkpoint" in said(capsys.readouterr().err)


def test_help_shows_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["search", "--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--like", "--image", "--not-subject", "--label", "--page"):
        assert re.search(rf"{option}\b", shown)
