"""What the desk computes, against slower ways."""

import csv
import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Box
from insonify.deploy.review.archive import Archive
from insonify.deploy.review.book import labelled_s
from insonify.deploy.review.byte_cache import ByteCache
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.options import DeskOptions
from insonify.deploy.review.planes import best_frames, smoothed
from insonify.deploy.review.refusals import Absent
from insonify.deploy.review.saliency import heat
from insonify.store import Label, Store, StoreSettings
from insonify.store.creation import make_table
from insonify.store.place import place_of
from insonify.store.rows import SCHEMAS
from tests.conftest import drifting_video
from tests.deploy.conftest import FRAMES, quick, small_checkpoint, spot_store
from tests.deploy.review.conftest import ADA, VIDEO, FakeClock, wait_until

SECRETS = ("f-v-0003", "MRN", "DOE")


def entry_of(times_s: list[float], segments: list[int] | None = None) -> Entry:
    return Entry(
        video="v",
        subject="s",
        exam="e",
        first=0,
        rows_T=np.arange(len(times_s)),
        times_s_T=np.array(times_s),
        segments_T=np.array(segments or [0] * len(times_s)),
        shape_HW=(8, 8),
        rectangle=Box(0, 0, 8, 8),
        mm_per_pixel=None,
    )


@given(
    spans=st.lists(
        st.tuples(st.integers(-5, 45), st.integers(0, 20)).map(
            lambda one: (one[0] / 10, (one[0] + one[1]) / 10)
        ),
        max_size=6,
    )
)
def test_labelled_seconds(spans: list[tuple[float, float]]) -> None:
    """As many as there are frames in any stretch, each a tenth of a second."""
    entry = entry_of([i / 10 for i in range(40)])
    rows = [{"start_s": start, "end_s": end} for start, end in spans]
    inside = {int(i) for start, end in spans for i in entry.within(start, end)}
    expected = pytest.approx(len(inside) / 10)
    rows = [row for row in rows if len(entry.within(row["start_s"], row["end_s"]))]
    assert labelled_s(entry, rows) == expected


def test_a_label_without_bounds_is_for_the_whole_video() -> None:
    entry = entry_of([2.0, 2.1, 2.2])
    assert labelled_s(entry, [{"start_s": None, "end_s": None}]) == pytest.approx(0.3)


def test_smoothing_never_crosses_a_cut() -> None:
    generator = np.random.default_rng(0)
    times = (np.arange(60) / 10).tolist()
    segments = [0] * 23 + [1] * 2 + [2] * 35
    table_TC = generator.uniform(size=(60, 3)).astype(np.float32)
    found_TC = smoothed(entry_of(times, segments), table_TC)
    for t in range(60):
        first, last = (
            segments.index(segments[t]),
            59 - segments[::-1].index(segments[t]),
        )
        around = [min(max(k, first), last) for k in range(t - 2, t + 3)]  # 0.5 s
        np.testing.assert_allclose(found_TC[t], table_TC[around].mean(0), rtol=1e-5)


def test_the_best_frame_is_held_not_flashed_by() -> None:
    entry = entry_of((np.arange(40) / 10).tolist())
    table_TC = np.full((40, 1), 0.1, np.float32)
    table_TC[5], table_TC[20:27] = 1.0, 0.9
    assert best_frames(entry, table_TC) == [22]
    assert best_frames(entry_of([0.5]), np.ones((1, 2), np.float32)) == [0, 0]


def test_heat_is_where_the_map_is_and_nowhere_else() -> None:
    map_hw = np.zeros((4, 4), np.float32)
    map_hw[1, 2] = 0.5
    picture = heat(map_hw, (60, 80), Box(10, 20, 50, 60))
    assert picture.shape == (60, 80, 4)
    alpha = picture[..., 3]
    outside = alpha.copy()
    outside[10:50, 20:60] = 0
    assert not outside.any()
    row, column = np.unravel_index(alpha.argmax(), alpha.shape)
    assert 20 <= row < 30
    assert 40 <= column < 50
    nothing = heat(np.zeros((4, 4), np.float32), (8, 8), Box(0, 0, 8, 8))
    assert not nothing[..., 3].any()


def test_bytes_are_kept_within_the_limit_and_made_once() -> None:
    made: list[int] = []

    def ask(cache: ByteCache, key: int) -> bytes:
        def make() -> tuple[bytes, ...]:
            made.append(key)
            return (bytes(40),)

        return cache.get(key, make)[0]

    cache = ByteCache(100)
    for key in (1, 2, 1, 3, 1, 2):
        assert len(ask(cache, key)) == 40
    assert made == [1, 2, 3, 2]  # 3 drove out 2, which was used longest ago


def test_raw_frames_become_png(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", StoreSettings(codec="raw"))
    video = drifting_video(1, frames=70, shape=(40, 48))
    store.commit([store.write_video(video, "f-1")])
    with Desk(tmp_path / "store") as desk:
        assert desk.task == "plane"
        for i in (0, 31, 32, 69):
            image = desk.frame(video.video, i)
            assert image.media == "image/png"
            found = np.asarray(Image.open(io.BytesIO(image.data)))
            np.testing.assert_array_equal(found, video.frames_THW[i])


def test_a_store_that_grows_is_noticed(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", StoreSettings())
    store.commit([store.write_video(drifting_video(2, frames=3), "f-2")])
    clock = FakeClock()
    archive = Archive(Store.open(tmp_path / "store"), clock)
    store.commit([store.write_video(drifting_video(1, frames=4), "f-1")])
    assert len(archive.now().entries) == 1
    clock.now_s += 1
    assert [entry.video for entry in archive.now().entries] == ["v-0001", "v-0002"]
    entry = archive.now()["v-0002"]  # its rows are elsewhere now
    images = archive.read_images(entry, np.arange(3))
    assert images == store.read_images(store.frames().row_N[4:7])


def test_an_export_holds_key_frames_and_tables(
    clever: Desk, tmp_path: Path, embedded_path: Path
) -> None:
    with Desk(shutil.copytree(embedded_path, tmp_path / "store")) as desk:
        desk.add_class('../../evil, "name"')
        desk.label(VIDEO, '../../evil, "name"', 0.5, 0.54, ADA)
        named = b"".join(desk.export(VIDEO).pieces())
    found = clever.export(VIDEO)
    data = b"".join(found.pieces())
    assert (found.name, found.size) == (f"{VIDEO}.zip", len(data))
    for content in (named, data):
        for secret in (*SECRETS, str(tmp_path)):
            assert secret.encode() not in content
    with zipfile.ZipFile(io.BytesIO(named)) as archive:
        (evil,) = (name for name in archive.namelist() if "evil" in name)
        assert evil == "keyframes/000001-labelled-_evil_name_.png"
        rows = list(csv.DictReader(io.StringIO(archive.read("frames.csv").decode())))
        assert rows[0]["label"] == '../../evil, "name"'
        assert set(rows[0]) == {"frame", "time_s", "segment", "label"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("frames.csv").decode())))
        keys = list(csv.DictReader(io.StringIO(archive.read("keyframes.csv").decode())))
        pictures = {
            name: np.asarray(Image.open(io.BytesIO(archive.read(name))))
            for name in names
            if name.endswith(".png")
        }
    planes = clever.planes(VIDEO)
    assert [int(row["frame"]) for row in rows] == list(range(FRAMES))
    for k, name in enumerate(planes["classes"]):
        shares = [float(row[f"p({name})"]) for row in rows]
        np.testing.assert_allclose(shares, planes["probabilities"][k], atol=1e-3)
    assert {row["label"] for row in rows} == {"large"}
    best = {row["label"]: int(row["frame"]) for row in keys if row["kind"] == "best"}
    assert best == planes["best"]
    (middle,) = (row for row in keys if row["kind"] == "labelled")
    assert int(middle["frame"]) == FRAMES // 2
    assert {f"keyframes/{row['file']}" for row in keys} == set(pictures)
    for row in keys:
        stored = Image.open(io.BytesIO(clever.frame(VIDEO, int(row["frame"])).data))
        np.testing.assert_array_equal(
            pictures[f"keyframes/{row['file']}"], np.asarray(stored)
        )


def test_probabilities_are_the_heads_and_doubts_follow(clever: Desk) -> None:
    opened = clever._insight._opened
    assert opened is not None
    fitted = opened.labeller.fitted
    assert fitted is not None
    assert fitted.probe is not None
    _, features = opened.features.of_video(VIDEO)
    expected = fitted.probe(features).T
    found = clever.planes(VIDEO)["probabilities"]
    np.testing.assert_allclose(found, expected, atol=6e-4)
    # All frames are labelled, so no video has a doubt.
    assert {row["best_doubt"] for row in clever.scans()} == {None}


def test_heads_are_kept_and_found_again(embedded_path: Path, tmp_path: Path) -> None:
    options = DeskOptions(split="three", heads=tmp_path / "heads", learning=quick())
    pictures = []
    for _ in range(2):
        with Desk(embedded_path, options, small_checkpoint()) as desk:
            desk._saliency.start()
            wait_until(lambda d=desk: d.state()["heads"] == "ready")  # type: ignore[misc]
            pictures.append(desk.saliency(VIDEO, 2).data)
    assert pictures[0] == pictures[1]


def test_what_cannot_be_learnt_is_told_without_a_path(tmp_path: Path) -> None:
    spot_store(tmp_path / "store", gaze=False)
    told: list[str] = []
    with Desk(tmp_path / "store", None, small_checkpoint(), told.append) as desk:
        desk.start()
        wait_until(lambda: desk.state()["heads"] == "none")
        state = desk.state()
        assert state["heads"] == "none"
        why = desk.planes(VIDEO)["why"]
        assert "insonify embed" in why
        with pytest.raises(Absent, match="the store has no gaze"):
            desk.saliency(VIDEO, 0)


def test_without_a_split_nobodys_gaze_may_teach(
    embedded_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    shutil.copytree(embedded_path, path)
    shutil.rmtree(path / "splits.lance")
    make_table(place_of(path), "splits", SCHEMAS["splits"])
    with Desk(path, None, small_checkpoint()) as desk:
        desk._saliency.start()
        wait_until(lambda: desk._saliency.state == "none")
        with pytest.raises(Absent, match="insonify split"):
            desk.saliency(VIDEO, 0)


def test_features_that_come_later_are_taken_in(tmp_path: Path) -> None:
    from insonify.deploy.embedding.run import embed_store  # noqa: PLC0415

    store = spot_store(tmp_path / "store", gaze=False)
    with Desk(tmp_path / "store", None, small_checkpoint()) as desk:
        desk.start()
        wait_until(lambda: not desk.state()["refitting"])
        assert desk.planes(VIDEO)["probabilities"] is None
        embed_store(store, small_checkpoint())
        desk._insight._next_look = 0.0
        wait_until(lambda: desk.state()["version"] == 1)
        assert desk.planes(VIDEO)["probabilities"] is not None
        store.commit([store.write_video(drifting_video(77, frames=3), "f-77")])
        desk._archive.look()
        planes = desk.planes("v-0077")
        assert (planes["probabilities"], planes["best"]) == (None, {})
        assert "insonify embed" in planes["why"]


def test_doubts_are_of_frames_without_a_label(
    embedded_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    shutil.copytree(embedded_path, path)
    with Desk(path) as desk:
        desk.label(VIDEO, None, 0.5, 0.6, ADA)
        desk.start()
        wait_until(lambda: desk.state()["version"] == 1)
        wait_until(lambda: any(row["best_doubt"] is not None for row in desk.scans()))
        doubts = {row["video"]: row["best_doubt"] for row in desk.scans()}
        first_T, second_T = np.array(desk.planes(VIDEO)["probabilities"])[:, :3]
        expected = (1 - np.abs(first_T - second_T)).max()
        assert doubts.pop(VIDEO) == pytest.approx(expected, abs=3e-3)
        assert set(doubts.values()) == {None}
        (queued, *_) = desk.queue(3, held_out=False) or desk.queue(3, held_out=True)
        assert queued["video"] == VIDEO
        assert queued["frame"] < 3


def test_several_tasks_must_be_named(store: Store) -> None:
    store.commit(labels=[Label(video="v-0001", task="other", label="x")])
    with pytest.raises(ConfigError, match="--task"):
        Desk(store.path)
    with Desk(store.path, DeskOptions(task="other", classes=("y",))) as desk:
        assert desk.state()["classes"] == ["y", "x"]


def test_the_split_of_the_encoder_is_taken(spots: Store) -> None:
    known = small_checkpoint(store=spots.id, split="three", fold=2)
    found = DeskOptions().resolved(spots, known)
    assert (found.split, found.fold) == ("three", 2)
    found = DeskOptions(split="three").resolved(spots, small_checkpoint())
    assert (found.split, found.fold) == ("three", 0)
    assert DeskOptions().resolved(spots, small_checkpoint()).split is None
    with pytest.raises(StoreError, match="no split 'ten'"):
        DeskOptions(split="ten").resolved(spots, None)
    with pytest.raises(ConfigError, match="fold 7"):
        DeskOptions(split="three", fold=7).resolved(spots, None)


@pytest.mark.parametrize("name", ["", " x", "x" * 41, "a\nb"])
def test_names_are_names(name: str) -> None:
    with pytest.raises(ConfigError, match="40 printable"):
        DeskOptions(classes=(name,))
