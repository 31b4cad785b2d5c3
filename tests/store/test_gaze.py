from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Box, Video
from insonify.store import FrameGaze, Store, StoreSettings, VideoGaze

NewVideo = Callable[..., Video]


def some_gaze(seed: int, count: int = 60, seconds: float = 2.5) -> VideoGaze:
    generator = np.random.default_rng(seed)
    return VideoGaze(
        times_s_G=np.sort(generator.uniform(-0.2, seconds, count)),
        points_G2=generator.uniform(0, 96, (count, 2)).astype(np.float32),
        sigma_G2=generator.uniform(5, 9, (count, 2)).astype(np.float32),
    )


@pytest.fixture
def videos(tmp_path: Path, new_video: NewVideo) -> Store:
    """Three videos of 2 s, written in an order that is not the index's."""
    store = Store.create(tmp_path / "videos", StoreSettings())
    for seed in (2, 0, 1):
        store.commit([store.write_video(new_video(seed), f"f-{seed}")])
    return store


def one_by_one(store: Store, window_s: float) -> list[tuple[int, np.ndarray]]:
    """Frame by frame, sample by sample."""
    index, rows = store.frames(), store._tables["gaze"].to_table().to_pylist()
    found = []
    for position, time_s in enumerate(index.time_s_N):
        video = index.video_ids[index.video_N[position]]
        mine = [row for row in rows if row["video"] == video]
        near = [row for row in mine if abs(row["time_s"] - time_s) <= window_s / 2]
        if near:
            points = [(row["right"], row["down"]) for row in near]
            found.append((position, np.array(points)))
    return found


@pytest.mark.parametrize("window_s", [0.001, 0.05, 0.4])
def test_frames_have_the_samples_of_their_window(
    videos: Store, window_s: float
) -> None:
    videos.write_gaze({"v-0002": some_gaze(2), "v-0000": some_gaze(0)})
    found = Store.open(videos.path).frame_gaze(window_s)
    wanted = one_by_one(videos, window_s)
    assert 0 < len(wanted) <= 80
    assert found.positions.tolist() == [position for position, _ in wanted]
    for points, (_, expected) in zip(found.points, wanted, strict=True):
        np.testing.assert_array_equal(points, expected)
    assert found.sigma_N2.shape == (len(wanted), 2)
    assert np.all((found.sigma_N2 >= 5) & (found.sigma_N2 <= 9))


def test_gaze_comes_back_as_it_was_written(videos: Store) -> None:
    gaze = VideoGaze(
        times_s_G=np.array([0.049, 0.051, 1.0]),
        points_G2=np.array([[1.0, 2.0], [3.0, 4.0], [127.5, 95.5]]),
        sigma_G2=np.array([[4.0, 8.0], [6.0, 8.0], [4.0, 8.0]]),
    )
    videos.write_gaze({"v-0001": gaze})
    assert videos.gaze_videos() == {"v-0001"}
    found = videos.frame_gaze(0.01)
    assert found.positions.tolist() == [41, 60]
    assert [points.tolist() for points in found.points] == [
        [[1.0, 2.0], [3.0, 4.0]],
        [[127.5, 95.5]],
    ]
    assert found.sigma_N2.tolist() == [[5.0, 8.0], [4.0, 8.0]]


def test_a_second_import_is_refused_whole_and_replaces_if_told(
    videos: Store, new_video: NewVideo
) -> None:
    videos.write_gaze({"v-0000": some_gaze(0), "v-0001": some_gaze(1)})
    before = frozen(videos.frame_gaze(0.1))
    with pytest.raises(StoreError, match=r"1 of 2 videos have gaze already.*overwrite"):
        videos.write_gaze({"v-0001": some_gaze(7), "v-0002": some_gaze(2)})
    assert frozen(Store.open(videos.path).frame_gaze(0.1)) == before
    again = {"v-0001": some_gaze(7), "v-0002": some_gaze(2)}
    videos.write_gaze(again, overwrite=True)
    fresh = Store.create(videos.path.parent / "fresh", StoreSettings())
    fresh.commit([fresh.write_video(new_video(seed), f"f-{seed}") for seed in range(3)])
    fresh.write_gaze({"v-0000": some_gaze(0), **again})
    reopened = Store.open(videos.path)
    assert frozen(reopened.frame_gaze(0.1)) == frozen(fresh.frame_gaze(0.1))


def frozen(gaze: FrameGaze) -> list[object]:
    points = [points.tolist() for points in gaze.points]
    return [gaze.positions.tolist(), points, gaze.sigma_N2.tolist()]


def test_a_pinned_version_keeps_the_gaze_it_had(videos: Store) -> None:
    videos.write_gaze({"v-0000": some_gaze(0)})
    versions, before = videos.versions, frozen(videos.frame_gaze(0.1))
    videos.write_gaze({"v-0000": some_gaze(5)}, overwrite=True)
    assert frozen(Store.open(videos.path, versions).frame_gaze(0.1)) == before
    assert frozen(videos.frame_gaze(0.1)) != before


def test_no_gaze_and_unknown_videos_are_refused(videos: Store) -> None:
    with pytest.raises(StoreError, match="insonify gaze"):
        videos.frame_gaze(0.1)
    with pytest.raises(StoreError, match="v-0009: no such video"):
        videos.write_gaze({"v-0000": some_gaze(0), "v-0009": some_gaze(1)})
    assert videos.gaze_videos() == set()
    videos.write_gaze({"v-0000": some_gaze(0)})
    with pytest.raises(ConfigError, match="longer than 0"):
        videos.frame_gaze(0)


def test_gaze_without_a_video_is_not_seen(
    videos: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "known_videos", lambda _: {"v-0000", "v-0077"})
    videos.write_gaze({"v-0077": some_gaze(0), "v-0000": some_gaze(1)})
    monkeypatch.undo()
    assert len(Store.open(videos.path).frame_gaze(9).positions) == 40
    assert Store.open(videos.path).gaze_videos() == {"v-0000"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"times_s_G": np.array([1.0, 0.5])},
        {"times_s_G": np.empty(0)},
        {"points_G2": np.array([[0.0, 1.0], [np.nan, 1.0]])},
        {"points_G2": np.array([[0.0, -1.0], [1.0, 1.0]])},
        {"points_G2": np.zeros((2, 3))},
        {"sigma_G2": np.zeros((2, 2))},
    ],
)
def test_gaze_that_cannot_be_is_refused(wrong: dict[str, np.ndarray]) -> None:
    right = VideoGaze(
        times_s_G=np.array([0.5, 1.0]),
        points_G2=np.ones((2, 2)),
        sigma_G2=np.ones((2, 2)),
    )
    with pytest.raises(ValueError, match="must"):
        replace(right, **wrong)


def test_where_a_stored_frame_comes_from_is_kept(
    tmp_path: Path, new_video: NewVideo
) -> None:
    whole, part = new_video(0, frames=2), new_video(1, frames=2)
    part = replace(part, source_shape=(300, 400), crop=Box(10, 20, 202, 276))
    store = Store.create(tmp_path / "origin", StoreSettings())
    store.commit([store.write_video(video, video.video) for video in (whole, part)])
    rows = Store.open(store.path).videos().sort_by("video").to_pylist()
    assert [row["source_shape"] for row in rows] == [[96, 128], [300, 400]]
    assert [row["crop"] for row in rows] == [[0, 0, 96, 128], [10, 20, 202, 276]]
    with pytest.raises(ValueError, match=r"crop .* is not within"):
        replace(part, source_shape=(100, 400))
