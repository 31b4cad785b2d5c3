"""A store whose frames fall into clusters, with features that say which."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from insonify.core.video import Box, Video
from insonify.deploy.labelling.options import LabellingOptions
from insonify.store import Label, Store, StoreSettings
from insonify.transfer.examples import Floats, Integers

CLASSES = ("background", "femur", "head")
SUBJECTS = 12
FRAMES = 20
DIM = 6
TASK = "plane"


@dataclass(frozen=True, eq=False)
class ArrayFeatures:
    """Features in memory, with the interface of those in a store."""

    store: Store
    positions_N: Integers
    features_ND: Floats

    def read(self, positions: Integers) -> Floats:
        places = np.searchsorted(self.positions_N, positions)
        assert np.array_equal(self.positions_N[places], positions)
        return self.features_ND[places]

    def of_video(self, video: str) -> tuple[Integers, Floats]:
        index = self.store.frames()
        number = index.video_ids.index(video)
        mine_N = index.video_N[self.positions_N] == number
        frames = self.positions_N[mine_N] - index.starts_V()[number]
        return frames, self.features_ND[mine_N]


def tiny_video(number: int, subject: str) -> Video:
    """Grey frames, four a second."""
    return Video(
        frames_THW=np.full((FRAMES, 8, 8), number, np.uint8),
        times_s_T=np.arange(FRAMES) / 4,
        segments_T=np.zeros(FRAMES, np.int32),
        motion_T=np.ones(FRAMES, np.float32),
        rectangle=Box(0, 0, 8, 8),
        spacing_mm=None,
        subject=subject,
        exam=f"e-{number}",
        video=f"v-{number:04d}",
    )


def truth_of(frame: int, number: int) -> str:
    """The right label: half a video is background, a quarter each of the others."""
    return CLASSES[(0, 0, 1, 2)[(frame // 5 + number) % 4]]


def clustered(store: Store, seed: int = 0) -> ArrayFeatures:
    """Features around one centre a class, which every subject shifts a little."""
    index, generator = store.frames(), np.random.default_rng(seed)
    centres_CD = 3 * generator.normal(size=(len(CLASSES), DIM))
    shift_VD = 0.5 * generator.normal(size=(len(index.video_ids), DIM))
    frame_N = np.arange(len(index)) - index.starts_V()[index.video_N]
    numbers = [int(video.removeprefix("v-")) for video in index.video_ids]
    codes_N = [
        CLASSES.index(truth_of(frame, numbers[video]))
        for frame, video in zip(frame_N.tolist(), index.video_N.tolist(), strict=True)
    ]
    noise_ND = generator.normal(size=(len(index), DIM))
    features_ND = centres_CD[codes_N] + shift_VD[index.video_N] + noise_ND
    return ArrayFeatures(store, np.arange(len(index)), features_ND.astype(np.float32))


def clustered_store(path: Path, *, labels: bool = True) -> Store:
    """Twelve subjects with a video each, in three folds ``three``."""
    store = Store.create(path, StoreSettings(codec="png"))
    videos = [tiny_video(number, f"s-{number:02d}") for number in range(SUBJECTS)]
    entries = [store.write_video(video, f"f-{video.video}") for video in videos]
    rows = [
        Label(
            video=video.video,
            task=TASK,
            label=truth_of(frame, number),
            start_s=frame / 4,
            end_s=frame / 4,
        )
        for number, video in enumerate(videos)
        for frame in range(FRAMES)
    ]
    store.commit(entries, labels=rows if labels else [])
    store.make_split("three", folds=3, task=None, seed=0)
    return store


def quick(**options: object) -> LabellingOptions:
    """Options with few resamples, on fold 0 of ``three``."""
    known: dict[str, object] = {"split": "three", "resamples": 50}
    return LabellingOptions(**(known | options))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def labelled_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """All frames labelled; read it only."""
    return clustered_store(tmp_path_factory.mktemp("labelled") / "store")


@pytest.fixture
def bare_store(tmp_path: Path) -> Store:
    """No frame labelled."""
    return clustered_store(tmp_path / "store", labels=False)
