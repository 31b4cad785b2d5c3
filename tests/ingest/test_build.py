"""From a folder of good and bad files to a store that names nobody."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pydicom.dataset import Dataset

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Frames
from insonify.ingest.books import Summary
from insonify.ingest.build import ingest
from insonify.ingest.clean import CleanOptions
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.options import IngestOptions
from insonify.store import Store

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]
MakeDataset = Callable[..., Dataset]
SMALL = CleanOptions(size=64)
SECRETS = ("Erika", "MRN-4711", "19991231", "Example")


def take(source: Path, store: Path, **options: object) -> Summary:
    filled = {"clean": SMALL, "workers": 0, "key": store.parent / "keys" / "site.key"}
    made = IngestOptions(**{**filled, **options})  # type: ignore[arg-type]
    return ingest(source, store, made, lambda _result, _total: None)


@pytest.fixture
def folder(
    tmp_path: Path, write_movie: WriteMovie, dataset: MakeDataset, screen: Screen
) -> Path:
    """Three good files, a copy of one, three bad ones, and a table of subjects."""
    folder = tmp_path / "ward"
    (folder / "Erika").mkdir(parents=True)
    for number, name in enumerate(["Example_2.mp4", "Example_10.mp4"]):
        write_movie(folder / "Erika" / name, screen(20, number))
    dataset(screen(20, 2)).save_as(folder / "cine.dcm", enforce_file_format=True)
    copy = folder / "Erika" / "Example_copy.mp4"
    copy.write_bytes((folder / "Erika" / "Example_2.mp4").read_bytes())
    (folder / "Erika" / "Example_empty.mp4").touch()
    (folder / "notes_MRN-4711.txt").write_text("Erika")
    (folder / ".hidden").write_text("Erika")
    write_movie(folder / "unknown.mp4", screen(20, 3))
    rows = [
        "path,subject,zone,part",
        "Erika/Example_2.mp4,MRN-4711,3,train",
        "Erika/Example_10.mp4,MRN-4711,,train",
        "Erika/Example_copy.mp4,MRN-4711,3,train",
        "Erika/Example_empty.mp4,MRN-4711,3,train",
        "notes_MRN-4711.txt,MRN-4711,3,train",
        "cine.dcm,MRN-4712,4,test",
    ]
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder


def everything(path: Path) -> list[tuple[object, ...]]:
    """Rows of a store, in no order, without what differs from run to run."""
    store = Store.open(path)
    index = store.frames()
    rows: list[tuple[object, ...]] = [
        tuple(map(str, row.values()))
        for table in (store.videos(), store.labels(), store.rejects())
        for row in table.to_pylist()
    ]
    images = store.read_images(index.row_N)
    rows += zip(index.video_N.tolist(), index.time_s_N.tolist(), images, strict=True)
    return sorted(rows, key=repr)


def test_a_folder_of_good_and_bad_files(folder: Path, tmp_path: Path) -> None:
    store_path = tmp_path / "store"
    labels = folder.parent / "labels.csv"
    labels.write_text(
        "path,task,label,start_s,end_s\nErika/Example_2.mp4,plane,brain,0,0.3\n"
    )
    summary = take(
        folder,
        store_path,
        subjects=folder / "manifest.csv",
        labels=("zone",),
        label_table=labels,
        split_column="part",
    )
    assert (summary.files, summary.taken, len(summary.rejects)) == (7, 3, 4)
    assert summary.counts["frames"] == summary.counts["frames_read"] == 60
    store = Store.open(store_path)
    videos = store.videos().to_pylist()
    assert len({video["subject"] for video in videos}) == 2
    assert sorted(store.labels()["label"].to_pylist()) == ["3", "4", "brain"]
    assert len(store.frame_labels("plane").positions) == 8  # 0 to 0.3 s at 25 a second
    assert sorted(store.split("part").parts.values()) == ["test", "train"]
    reasons = " ".join(store.rejects()["reason"].to_pylist())
    for words in (
        "same content as v-",
        "empty",
        "not a video",
        "no row with a subject",
    ):
        assert words in reasons
    assert min(min(video["height"], video["width"]) for video in videos) == 64
    again = take(folder, store_path, subjects=folder / "manifest.csv")
    assert (again.known, again.refused_before, again.taken) == (3, 4, 0)


def test_nothing_in_the_store_names_anybody(folder: Path, tmp_path: Path) -> None:
    take(folder, tmp_path / "store", subjects=folder / "manifest.csv")
    for path in (tmp_path / "store").rglob("*"):
        assert not any(secret in str(path.relative_to(tmp_path)) for secret in SECRETS)
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in SECRETS)
    (linkage,) = (tmp_path / "keys").glob("linkage-*.csv")
    assert linkage.stat().st_mode & 0o777 == 0o600
    with linkage.open(newline="") as file:
        path_of = {row["file"]: row["path"] for row in csv.DictReader(file)}
    for row in Store.open(tmp_path / "store").rejects().to_pylist():
        assert Path(path_of[row["file"]]).is_file()


def test_workers_change_nothing(folder: Path, tmp_path: Path) -> None:
    table = folder / "manifest.csv"
    take(folder, tmp_path / "alone", subjects=table, labels=("zone",))
    take(folder, tmp_path / "two", subjects=table, labels=("zone",), workers=2)
    assert everything(tmp_path / "alone") == everything(tmp_path / "two")


def test_refused_files_can_be_tried_again(folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = take(folder, store)  # no table: only the DICOM file says whose it is
    assert (first.taken, len(first.rejects)) == (1, 7)
    second = take(folder, store, subjects=folder / "manifest.csv", retry_rejects=True)
    assert (second.known, second.taken) == (1, 2)
    said = {each.file: each.reason for each in first.rejects}
    again = {each.file: each.reason for each in second.rejects}
    assert len(second.retried) == 6  # the table of subjects is no recording now
    for each in second.retried:
        assert (each.before, each.now) == (said[each.file], again.get(each.file))
    changed = [each.now for each in second.retried if each.changed]
    assert changed.count(None) == 2
    assert len(changed) > 2  # whose it is is known now: another reason stands
    kept = Store.open(store).rejects().to_pylist()
    assert {row["file"]: row["reason"] for row in kept}.items() >= again.items()
    third = take(folder, store, subjects=folder / "manifest.csv", retry_rejects=True)
    assert (third.known, third.taken) == (3, 0)
    assert len(third.retried) == 4
    assert not any(each.changed for each in third.retried)
    assert len(Store.open(store).rejects()) == 5


KILLED = """
import sys, pathlib
from insonify.ingest import books
from insonify.ingest.build import ingest
from insonify.ingest.options import IngestOptions
from insonify.ingest.clean import CleanOptions
books._BATCH = 1
source, store = map(pathlib.Path, sys.argv[1:])
options = IngestOptions(
    subjects_from="file", clean=CleanOptions(size=64), workers=0,
    key=store.parent / "keys" / "site.key",
)
ingest(source, store, options, lambda *_: print("done", flush=True))
"""


def test_a_killed_ingest_goes_on_to_the_same_store(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    for number in range(8):
        write_movie(tmp_path / "in" / f"{number}.avi", screen(16, number))
    take(tmp_path / "in", tmp_path / "whole", subjects_from="file")
    command = [
        sys.executable,
        "-c",
        KILLED,
        str(tmp_path / "in"),
        str(tmp_path / "cut"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    before = len(Store.open(tmp_path / "cut").videos())
    assert 3 <= before < 8
    summary = take(tmp_path / "in", tmp_path / "cut", subjects_from="file")
    assert (summary.known, summary.taken) == (before, 8 - before)
    assert everything(tmp_path / "cut") == everything(tmp_path / "whole")


def test_mistakes_in_options(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ConfigError, match="exclude each other"):
        IngestOptions(subjects=tmp_path, pattern="x")
    with pytest.raises(ConfigError, match="need --subjects"):
        IngestOptions(labels=("zone",))
    with pytest.raises(ConfigError, match="no such file"):
        take(tmp_path / "nothing", tmp_path / "store")
    (tmp_path / "bare").mkdir()
    with pytest.raises(ConfigError, match="no file is in it"):
        take(tmp_path / "bare", tmp_path / "store")
    take(folder / "cine.dcm", tmp_path / "store")
    with pytest.raises(StoreError, match="made with"):
        take(folder / "cine.dcm", tmp_path / "store", codec="png")
    assert len(Store.open(tmp_path / "store").videos()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("form", "workers"), [("zip", 0), ("gztar", 2)])
def test_an_archive_is_taken_like_the_folder_in_it(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    workers: int,
) -> None:
    (tmp_path / "unpacked").mkdir()
    inside, table = folder / "manifest.csv", tmp_path / "subjects.csv"
    first, *rows = inside.read_text().splitlines()
    table.write_text("\n".join([first, *(f"ward.bin/{row}" for row in rows)]))
    take(folder, tmp_path / "plain", subjects=inside, labels=("zone",))
    inside.unlink()
    packed = tmp_path / "in" / "ward.bin"
    packed.parent.mkdir()
    Path(shutil.make_archive(str(packed), form, folder)).rename(packed)
    store = tmp_path / "store"
    options = {
        "folder": FolderOptions(unpack_folder=tmp_path / "unpacked"),
        "subjects": table,
    }
    summary = take(packed.parent, store, labels=("zone",), workers=workers, **options)
    assert (summary.taken, len(summary.rejects)) == (3, 4)
    assert contents(store) == contents(tmp_path / "plain")
    assert not list((tmp_path / "unpacked").iterdir())
    monkeypatch.setattr("insonify.ingest.folder.unpacking.copy_out", None)  # not needed
    again = take(packed.parent, store, **options)
    assert (again.known, again.refused_before, again.taken) == (3, 4, 0)


def contents(store: Path) -> list[tuple[object, ...]]:
    """Videos and labels of a store; which files they are from is left out."""
    opened = Store.open(store)
    videos = [
        tuple(str(row[name]) for name in ("video", "subject", "exam", "frames"))
        for row in opened.videos().to_pylist()
    ]
    labels = [tuple(map(str, row.values())) for row in opened.labels().to_pylist()]
    reasons = [(reason,) for reason in opened.rejects()["reason"].to_pylist()]
    images = map(bytes, opened.read_images(opened.frames().row_N))
    return sorted(
        [*videos, *labels, *reasons, *((image,) for image in images)], key=repr
    )


def test_a_folder_of_images_is_a_video_if_the_user_says_so(
    tmp_path: Path, screen: Screen
) -> None:
    for number, screen_HW in enumerate(screen(20)):
        path = tmp_path / "in" / "Erika" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(screen_HW).save(path)
    images = FolderOptions(image_folders="video")
    options = {"folder": images, "clean": CleanOptions(rate_hz=25)}
    table = tmp_path / "subjects.csv"
    table.write_text("path,subject\nErika,MRN-4711\n")
    summary = take(tmp_path / "in", tmp_path / "store", **options, subjects=table)
    assert (summary.files, summary.taken) == (1, 1)
    index = Store.open(tmp_path / "store").frames()
    assert index.time_s_N.tolist() == pytest.approx([n / 25 for n in range(20)])
    again = take(tmp_path / "in", tmp_path / "store", **options, subjects=table)
    assert (again.known, again.taken) == (1, 0)


def test_shares_together_are_the_whole(folder: Path, tmp_path: Path) -> None:
    table = folder / "manifest.csv"
    take(folder, tmp_path / "whole", subjects=table)
    for number in (1, 2, 3):
        share = FolderOptions(shard=f"{number}/3")
        take(folder, tmp_path / "parts", subjects=table, folder=share)
    whole, parts = (Store.open(tmp_path / name) for name in ("whole", "parts"))
    for one in (whole, parts):
        assert len(one.rejects()) == 4
    assert set(whole.videos()["video"].to_pylist()) == set(
        parts.videos()["video"].to_pylist()
    )


def test_what_is_no_file_is_refused(
    tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    write_movie(tmp_path / "in" / "a.avi", screen(16))
    os.mkfifo(tmp_path / "in" / "pipe")
    (tmp_path / "in" / os.fsdecode(b"M\xfcller.mp4")).touch()
    summary = take(tmp_path / "in", tmp_path / "store", subjects_from="file")
    assert (summary.taken, len(summary.rejects)) == (1, 2)
    reasons = " ".join(reject.reason for reject in summary.rejects)
    assert "not a regular file" in reasons
    assert "empty" in reasons
