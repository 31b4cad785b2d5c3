"""Predictions on files: what hand computation gives, whatever breaks or is killed."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.core.video import Box, Frames
from insonify.deploy.heads import Heads, Views
from insonify.deploy.predict.batch import Summary, predict
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model, Predictor
from insonify.deploy.predict.record import alone
from insonify.deploy.predict.sources import Reading
from insonify.deploy.scan import file_scan, stored_scan
from insonify.ingest.clean import CleanOptions
from insonify.store import Store
from insonify.transfer.examples import Floats

KEY = bytes(range(32))
FULL = CleanOptions(area="full")
OPTIONS = PredictOptions(cleaning=FULL)


def write_movie(path: Path, seed: int, frames: int = 24) -> Path:
    """A texture that moves, as mp4 with a name and a date in its metadata."""
    generator = np.random.default_rng(seed)
    cells = generator.integers(0, 255, (12, 16), np.uint8)
    picture_HW = np.asarray(Image.fromarray(cells).resize((128, 96)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "DOE JANE 19700101"
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for step in range(frames):
            rolled_HW = np.ascontiguousarray(np.roll(picture_HW, 3 * step, 1))
            frame = av.VideoFrame.from_ndarray(rolled_HW, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def model(heads: Heads) -> Model:
    return Model.of(heads)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two good files, a broken one, and one that is no video."""
    folder = tmp_path / "DOE_JANE"
    write_movie(folder / "a_19700101.mp4", 1)
    write_movie(folder / "b.mp4", 2)
    whole = write_movie(tmp_path / "whole.mp4", 3).read_bytes()
    (folder / "broken.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("DOE JANE")
    return folder


def run(
    out: Path,
    model: Model,
    *names: Path | str,
    options: PredictOptions = OPTIONS,
    key: bytes | None = KEY,
) -> Summary:
    reading = Reading(options=options.cleaning, key=key, store=None, workers=0)
    key_path = out.parent / "private" / "site.key"
    sources = [str(name) for name in names]
    return predict(sources, model, out, options, reading, key_path=key_path)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def by_hand(path: Path, heads: Heads) -> Floats:
    """Probabilities of all frames, each on its own."""
    scan = file_scan(path, FULL)
    tables = [
        heads.probabilities(heads.views(frame_HW[None], scan.rectangle))
        for piece in scan.pieces()
        for frame_HW in piece.frames_BHW
    ]
    return np.concatenate(tables)


def test_a_broken_file_stops_nothing_and_the_rest_is_as_by_hand(
    source: Path, tmp_path: Path, model: Model, heads: Heads
) -> None:
    out = tmp_path / "out"
    found = run(out, model, source)
    assert (found.done, found.known, len(found.refused)) == (2, 0, 2)
    assert {row["file"] for row in rows(out / "rejects.csv")} == {
        file for file, _ in found.refused
    }
    assert all(row["reason"] for row in rows(out / "rejects.csv"))
    table = pq.read_table(out / "frames.parquet")
    with found.linkage.open(newline="") as file:
        named = {Path(r["path"]).name: r["outcome"] for r in csv.DictReader(file)}
    assert found.linkage.stat().st_mode & 0o077 == 0
    for name in ("a_19700101.mp4", "b.mp4"):
        wanted_TC = by_hand(source / name, heads)
        own = table.filter(np.array(table["scan"]) == named[name])
        assert own["frame"].to_pylist() == list(range(len(wanted_TC)))
        found_TC = np.stack([own[f"p_{c}"] for c in heads.classes], 1)
        np.testing.assert_allclose(found_TC, wanted_TC, atol=1e-6)
        best = [heads.classes[place] for place in found_TC.argmax(1)]
        assert own["predicted"].to_pylist() == best
    for key in rows(out / "key_frames.csv"):
        own = table.filter(np.array(table["scan"]) == key["scan"])
        time_s = own["time_s"].to_numpy()[int(key["frame"])]
        assert time_s == pytest.approx(float(key["time_s"]))
        with Image.open(out / key["picture"]) as picture:
            assert picture.size == (128, 96)
    record = json.loads((out / "predict.json").read_text())
    assert record["finished"] == {"scans": 2, "frames": len(table), "refused": 2}


def test_nothing_that_is_written_names_a_source_or_a_person(
    source: Path, tmp_path: Path, model: Model
) -> None:
    dicom = pydicom.dcmread(str(get_testdata_file("examples_ybr_color.dcm")))
    dicom.PatientName, dicom.PatientID = "DOE^JANE", "HN-4711"
    dicom.save_as(source / "DOE.dcm")
    out, options = tmp_path / "out", replace(OPTIONS, saliency=True)
    assert run(out, model, source, options=options).done == 3
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"saliency.mp4", "index.html"}
    for path in files:
        data = path.read_bytes()
        for secret in (b"DOE", b"JANE", b"19700101", b"4711", b".dcm", b"b.mp4"):
            assert secret not in data, (path, secret)
            assert secret.decode() not in str(path.relative_to(out))
        assert str(tmp_path).encode() not in data
    page = (out / "index.html").read_text()
    assert "For research use only" in page
    assert "://" not in page  # It loads nothing from a network.


def test_csv_holds_what_parquet_holds(
    source: Path, tmp_path: Path, model: Model
) -> None:
    run(tmp_path / "one", model, source)
    run(tmp_path / "two", model, source, options=replace(OPTIONS, format="csv"))
    one = pq.read_table(tmp_path / "one" / "frames.parquet")
    two = pa_csv.read_csv(tmp_path / "two" / "frames.csv")
    assert one.equals(two.cast(one.schema))


class Killed(BaseException):
    """As a kill would, it is caught by nobody."""


class Dying:
    """A predictor that dies at a call of ``probabilities``."""

    def __init__(self, heads: Heads, calls: int) -> None:
        self.heads, self.left, self.seen = heads, calls, 0

    size = property(lambda self: self.heads.size)
    classes = property(lambda self: self.heads.classes)
    has_saliency = property(lambda self: self.heads.has_saliency)

    def views(self, frames_BHW: Frames, rectangle: Box) -> Tensor:
        return self.heads.views(frames_BHW, rectangle)

    def probabilities(self, frames_BHW: Views) -> Floats:
        self.left -= 1
        if self.left < 0:
            raise Killed
        self.seen += len(frames_BHW)
        return self.heads.probabilities(frames_BHW)

    def saliency(self, frames_BHW: Views) -> Floats:
        return self.heads.saliency(frames_BHW)


def test_after_a_kill_the_same_command_goes_on(
    source: Path, tmp_path: Path, model: Model, heads: Heads
) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    with pytest.raises(Killed):
        run(out, replace(model, predictor=Dying(heads, 1)), source)
    assert not (out / "frames.parquet").exists()
    leftover = out / "scans" / ".v-0.half"
    leftover.mkdir()
    again: Predictor = Dying(heads, 99)
    found = run(out, replace(model, predictor=again), source)
    assert (found.done, found.known) == (1, 1)
    assert not leftover.exists()
    run(whole, model, source)
    for name in ("frames.parquet", "key_frames.csv", "scans.csv", "rejects.csv"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    third = Dying(heads, 0)
    assert run(out, replace(model, predictor=third), source).known == 2


def test_a_folder_of_other_options_is_refused(
    source: Path, tmp_path: Path, model: Model
) -> None:
    out = tmp_path / "out"
    run(out, model, source / "b.mp4")
    with pytest.raises(ConfigError, match="smooth_s in options"):
        run(out, model, source, options=replace(OPTIONS, smooth_s=1.0))
    with pytest.raises(ConfigError, match="fingerprint in model"):
        run(out, replace(model, fingerprint="other"), source)
    with pytest.raises(ConfigError, match="pseudonyms"):
        run(out, model, source, key=None)
    other = tmp_path / "other"
    (other / "mine").mkdir(parents=True)
    with pytest.raises(ConfigError, match="not empty"):
        run(other, model, source)
    with alone(out), pytest.raises(ConfigError, match="another insonify"):
        run(out, model, source)


def test_the_same_content_twice_is_predicted_once(
    source: Path, tmp_path: Path, model: Model
) -> None:
    shutil.copy(source / "b.mp4", source / "copy.mp4")
    found = run(tmp_path / "out", model, source)
    assert found.done == 2
    assert any("the same content" in reason for _, reason in found.refused)


def test_a_stores_videos_keep_their_names(
    spots: Store, tmp_path: Path, model: Model, heads: Heads
) -> None:
    out = tmp_path / "out"
    found = run(out, model, f"{spots.path}::v-0003", spots.path)
    assert (found.done, found.known) == (len(spots.frames().video_ids), 1)
    assert not found.linkage.exists()
    assert [row["scan"] for row in rows(out / "scans.csv")] == sorted(
        spots.frames().video_ids
    )
    own = pq.read_table(out / "scans" / "v-0003" / "frames.parquet")
    scan = stored_scan(spots, "v-0003")
    (piece,) = scan.pieces()
    wanted_TC = heads.probabilities(heads.views(piece.frames_BHW, scan.rectangle))
    found_TC = np.stack([own[f"p_{c}"] for c in heads.classes], 1)
    np.testing.assert_allclose(found_TC, wanted_TC, atol=1e-6)


def test_a_real_cine_without_a_key(tmp_path: Path, model: Model) -> None:
    path = Path(str(get_testdata_file("examples_ybr_color.dcm")))
    found = run(tmp_path / "out", model, path, key=None, options=PredictOptions())
    assert (found.done, found.refused) == (1, [])
    assert found.frames_in_all > 10


def test_what_is_not_there_is_said_at_once(tmp_path: Path, model: Model) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        run(tmp_path / "out", model, tmp_path / "absent")
    assert not (tmp_path / "out").exists()


def test_frames_are_held_a_piece_at_a_time(
    tmp_path: Path, model: Model, heads: Heads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.ingest.parts._PART", 10 * 96 * 128)
    monkeypatch.setattr("insonify.ingest.reread._REMEMBERED", 10 * 96 * 128)
    path = write_movie(tmp_path / "long.mp4", 5, frames=200)
    seen: list[int] = []
    views = Heads.views

    def counted(self: Heads, frames_BHW: Frames, rectangle: Box) -> Tensor:
        seen.append(len(frames_BHW))
        return views(self, frames_BHW, rectangle)

    monkeypatch.setattr(Heads, "views", counted)
    found = run(tmp_path / "out", model, path)
    assert sum(seen) == found.frames_in_all > 150
    assert max(seen) <= 10
    np.testing.assert_allclose(
        pq.read_table(tmp_path / "out" / "frames.parquet")[f"p_{heads.classes[0]}"],
        by_hand(path, heads)[:, 0],
        atol=1e-6,
    )
