"""Features in a file for other programs."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.embedding import export
from insonify.deploy.embedding.export import write_features
from insonify.deploy.embedding.features import Features
from tests.deploy.conftest import FRAMES


@pytest.mark.parametrize("ending", ["parquet", "npz"])
def test_a_file_holds_what_the_table_holds(
    embedded: Features, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 50)  # three parts
    path = tmp_path / "new" / f"features.{ending}"
    write_features(path, embedded)
    if ending == "parquet":
        table = pq.read_table(path)
        found = {name: np.array(table[name].to_pylist()) for name in table.column_names}
        assert table.schema.field("vector").type.value_type == pa.float32()
        about = table.schema.metadata[b"insonify.features"]
    else:
        with np.load(path, allow_pickle=False) as archive:
            found = dict(archive)
        assert found["vector"].dtype == np.float32
        about = found.pop("about").item()
    assert json.loads(about) == json.loads(embedded.about.data())
    index = embedded.store.frames()
    video_N = index.video_N
    expected = {
        "video": np.array(index.video_ids)[video_N],
        "frame": np.arange(len(index)) % FRAMES,
        "time_s": index.time_s_N,
        "subject": np.array(index.subjects)[video_N],
        "vector": embedded.read(embedded.positions_N),
    }
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_nothing_is_overwritten_or_half_written(
    embedded: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "features.npz"
    with pytest.raises(ConfigError, match=r"ends in '.csv'; end it in .parquet or .np"):
        write_features(tmp_path / "features.csv", embedded)
    path.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="--overwrite"):
        write_features(path, embedded)

    def full(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(Features, "read", full)
        with pytest.raises(OSError, match="no space"):
            write_features(path, embedded, overwrite=True)
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    write_features(path, embedded, overwrite=True)
    assert len(np.load(path)["vector"]) == len(embedded)
