"""A store of small videos with made-up features: smooth paths around a centre each."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from insonify.core.video import Box, Video
from insonify.deploy.embedding.about import About
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.table import FeatureTable
from insonify.deploy.search.index import IndexOptions, build_index
from insonify.store import Label, Store, StoreSettings
from insonify.transfer.examples import Floats

VIDEOS, FRAMES, DIM = 24, 30, 16
SIDE = 16
FINE = IndexOptions(least=1, partition=90)
"""Eight partitions: a search looks at all, so that only rounding parts it from an exact
one."""


def still_video(number: int, frames: int = FRAMES) -> Video:
    """Frames that differ by their grey level; every two videos are a subject's."""
    times_s_T = np.arange(frames) / 10
    level = 40 + 8 * (number % VIDEOS)
    return Video(
        frames_THW=np.full((frames, SIDE, SIDE), level, np.uint8),
        times_s_T=times_s_T,
        segments_T=np.zeros(frames, np.int32),
        motion_T=np.zeros(frames, np.float32),
        rectangle=Box(0, 0, SIDE, SIDE),
        spacing_mm=None,
        subject=f"s-{number // 2:02d}",
        exam=f"e-{number:02d}",
        video=f"v-{number:02d}",
    )


def labels_of(number: int) -> list[Label]:
    """The first second of every third video is a head, its end a heart."""
    if number % 3:
        return []
    video = f"v-{number:02d}"
    return [
        Label(video=video, task="plane", label="head", start_s=0.0, end_s=1.0),
        Label(video=video, task="plane", label="heart", start_s=2.0, end_s=3.0),
    ]


def smooth_features(video: str, frames: int = FRAMES) -> Floats:
    """Features that change little from frame to frame."""
    generator = np.random.default_rng(int(video.removeprefix("v-")))
    centre_D, reach_D = generator.normal(size=(2, DIM))
    turn_T1 = np.linspace(0, 2, frames)[:, None]
    path_TD = 1.5 + centre_D + 0.6 * np.sin(turn_T1 + reach_D) * reach_D
    noise_TD = generator.normal(size=(frames, DIM)) * 0.02
    return np.asarray(path_TD + noise_TD, np.float32)


def rows(store: Store, videos: list[str], frames: int = FRAMES) -> pa.Table:
    """Rows of the table of features, of whole videos."""
    index = store.frames()
    columns = []
    for video in videos:
        number = index.video_ids.index(video)
        first = int(index.starts_V()[number])
        features_TD = smooth_features(video, frames).astype(np.float16)
        columns.append(
            pa.Table.from_arrays(
                [
                    pa.array([video] * frames),
                    pa.array(np.arange(frames), pa.int32()),
                    pa.array(index.time_s_N[first : first + frames]),
                    pa.FixedSizeListArray.from_arrays(
                        pa.array(features_TD.ravel()), DIM
                    ),
                ],
                schema=about(store).schema,
            )
        )
    return pa.concat_tables(columns)


def about(store: Store) -> About:
    return About(
        encoder="ab12" * 16,
        architecture="made up",
        size=(SIDE, SIDE),
        dim=DIM,
        store=store.id,
    )


def add_videos(store: Store, numbers: range) -> None:
    """Write videos to a store, without features."""
    store.commit(
        [store.write_video(still_video(number), f"f-{number}") for number in numbers],
        labels=[label for number in numbers for label in labels_of(number)],
    )


def embedded(path: Path, videos: int = VIDEOS) -> tuple[Store, FeatureTable]:
    """A store, and the features of all of its frames."""
    store = Store.create(path, StoreSettings(codec="png"))
    add_videos(store, range(videos))
    table = FeatureTable(store, about(store))
    table.append(rows(store, list(store.frames().video_ids)))
    return store, table


class Archive(NamedTuple):
    """A store with features and an index."""

    store: Store
    features: Features


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Read it only."""
    store, _ = embedded(tmp_path_factory.mktemp("archive") / "store")
    build_index(Features.open(store), FINE)
    return Archive(store, Features.open(store))
