"""A store of spots that may be written to, with and without features."""

import shutil
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.run import embed_store
from insonify.store import Store
from tests.deploy.conftest import small_checkpoint


@pytest.fixture
def mine(spots: Store, tmp_path: Path) -> Store:
    """A copy of the videos of spots: 12 of 12 frames each."""
    shutil.copytree(spots.path, tmp_path / "store")
    return Store.open(tmp_path / "store")


@pytest.fixture(scope="session")
def embedded(spots: Store, tmp_path_factory: pytest.TempPathFactory) -> Features:
    """The videos of spots with features of :func:`small_checkpoint`; read it only."""
    path = tmp_path_factory.mktemp("embedded") / "store"
    shutil.copytree(spots.path, path)
    return embed_store(Store.open(path), small_checkpoint()).features


@pytest.fixture
def writable(embedded: Features, tmp_path: Path) -> Features:
    """A copy of it."""
    shutil.copytree(embedded.store.path, tmp_path / "store")
    return Features.open(Store.open(tmp_path / "store"))


def append(features: Features, rows: list[tuple[str, int, float]], value: float) -> int:
    """Append rows whose vectors have one value everywhere; returns the version."""
    columns = {
        "video": [video for video, _, _ in rows],
        "index": [number for _, number, _ in rows],
        "time_s": [time_s for _, _, time_s in rows],
        "vector": [np.full(features.dim, value, np.float16) for _ in rows],
    }
    table = pa.table(columns, schema=features.about.schema)
    return int(lance.write_dataset(table, features.dataset.uri, mode="append").version)
