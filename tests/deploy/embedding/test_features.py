"""Reading features: right to half precision, in any order, nothing that is stale."""

import json
import shutil
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from insonify.clips.loader import FrameReader
from insonify.core.errors import StoreError
from insonify.deploy.embedding.features import Features
from insonify.deploy.embedding.finding import tables
from insonify.deploy.embedding.positions import positions_of
from insonify.deploy.embedding.run import embed_store
from insonify.deploy.heads import Heads
from insonify.deploy.heads_folder import fingerprint
from insonify.store import Store
from insonify.train.monitor import encode
from insonify.transfer.examples import Examples
from insonify.transfer.frames import choose_frames
from insonify.transfer.linear import LinearProbe
from tests.deploy.conftest import FRAMES, small_checkpoint
from tests.deploy.embedding.conftest import append


def test_they_are_what_transfer_and_heads_see(embedded: Features, heads: Heads) -> None:
    store, checkpoint = embedded.store, small_checkpoint()
    np.testing.assert_array_equal(embedded.positions_N, np.arange(len(store.frames())))
    views_NHW = FrameReader(store, checkpoint.size).read(embedded.positions_N)
    asked_ND = encode(checkpoint.encoder, views_NHW).numpy()
    found_ND = embedded.read(embedded.positions_N)
    assert found_ND.dtype == np.float32
    np.testing.assert_allclose(found_ND, asked_ND, rtol=1e-3, atol=1e-5)
    assert embedded.size == heads.size
    assert embedded.encoder == heads.card.checkpoint == fingerprint(checkpoint)
    assert (embedded.dim, embedded.architecture) == (asked_ND.shape[1], "resnet10_half")


def test_a_linear_probe_of_them_says_what_one_of_the_encoder_says(
    embedded: Features,
) -> None:
    store, checkpoint = embedded.store, small_checkpoint()
    frames = choose_frames(store, "spot", 6)
    views_NHW = FrameReader(store, checkpoint.size).read(frames.positions_N)
    known = encode(checkpoint.encoder, views_NHW).numpy()
    said = []
    for features_ND in (known, embedded.read(frames.positions_N)):
        examples = Examples(
            features_ND=features_ND,
            labels_N=frames.labels_N,
            subjects_N=frames.subjects_N,
        )
        train = examples.of({f"s-{number}" for number in range(4)})
        held = examples.of({"s-4"})
        probe = LinearProbe().fit(train, held, len(frames.classes), 0)
        said.append(probe(examples.of({"s-5"}).features_ND))
    np.testing.assert_allclose(said[0], said[1], atol=0.02)


def test_any_order_and_again_and_none(embedded: Features) -> None:
    rows = embedded.dataset.to_table().to_pylist()
    index = embedded.store.frames()
    known = {(row["video"], row["index"]): row["vector"] for row in rows}
    positions = np.array([100, 3, 3, 143, 0, 100])
    found_ND = embedded.read(positions)
    for position, found_D in zip(positions.tolist(), found_ND, strict=True):
        video = index.video_ids[index.video_N[position]]
        assert found_D.tolist() == known[video, position % FRAMES]
    assert embedded.read(positions[:0]).shape == (0, embedded.dim)
    numbers, found_ND = embedded.of_video("v-0003")
    assert numbers.tolist() == list(range(FRAMES))
    np.testing.assert_array_equal(found_ND, embedded.read(3 * FRAMES + numbers))
    with pytest.raises(StoreError, match="no video 'v-3'"):
        embedded.of_video("v-3")


def test_two_of_a_frame_and_rows_of_no_frame(writable: Features) -> None:
    times_s = writable.store.frames().time_s_N
    stale = [
        ("v-0002", 4, float(times_s[4])),  # a second time
        ("v-0002", 5, float(times_s[5]) + 1e-9),  # another time
        ("v-0002", FRAMES, float(times_s[0])),  # beyond the video
        ("v-0002", -1, float(times_s[-1])),
        ("v-gone", 0, float(times_s[0])),
    ]
    append(writable, stale, 7.0)
    again = Features.open(writable.store)
    assert again.dataset.count_rows() == len(writable) + len(stale)
    np.testing.assert_array_equal(again.positions_N, writable.positions_N)
    every = again.positions_N
    np.testing.assert_array_equal(again.read(every), writable.read(every))
    found = positions_of(again.store.frames(), again.dataset.to_table())[-5:]
    assert found.tolist() == [2 * FRAMES + 4, -1, -1, -1, -1]


def test_a_frame_without_a_feature_is_not_made_up(writable: Features) -> None:
    before_ND = writable.of_video("v-0001")[1]
    writable.dataset.delete("video = 'v-0001' AND index < 3")
    found = Features.open(writable.store)
    assert len(found) == len(writable) - 3
    numbers, vectors_ND = found.of_video("v-0001")
    assert numbers.tolist() == list(range(3, FRAMES))
    np.testing.assert_array_equal(vectors_ND, before_ND[3:])
    with pytest.raises(StoreError, match=r"3 of 5 .*position 12\).*insonify embed"):
        found.read(np.arange(12, 17))
    with pytest.raises(StoreError, match="1 of 1"):
        found.read(np.array([144]))
    with pytest.raises(StoreError, match="1 of 1"):
        found.read(np.array([-1]))


def test_an_empty_store_has_no_positions(embedded: Features) -> None:
    index = embedded.store.frames()
    none = np.arange(0)
    empty = type(index)(
        **{name: none if name.endswith("_N") else () for name in vars(index)}  # type: ignore[arg-type]
    )
    rows = embedded.dataset.to_table()
    assert set(positions_of(empty, rows).tolist()) == {-1}


def test_which_of_several(mine: Store) -> None:
    with pytest.raises(StoreError, match="of no encoder; make them with `insonify emb"):
        Features.open(mine)
    with pytest.raises(StoreError, match=r"no features of this encoder.*of no encoder"):
        Features.open(mine, "0" * 64)
    one, other = small_checkpoint(), small_checkpoint(seed=8)
    embed_store(mine, one)
    assert Features.open(mine).encoder == fingerprint(one)
    embed_store(mine, other)
    with pytest.raises(StoreError, match=r"resnet10_half \w{12} .*name the checkpoint"):
        Features.open(mine)
    for each in (one, other):
        assert Features.open(mine, fingerprint(each)).encoder == fingerprint(each)
    assert len(tables(mine)) == 2


def test_what_is_not_ours_is_refused(writable: Features, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(writable.store.path, elsewhere)
    head = json.loads((elsewhere / "store.json").read_text())
    (elsewhere / "store.json").write_text(json.dumps(head | {"id": "another"}))
    with pytest.raises(StoreError, match="features of another store"):
        Features.open(Store.open(elsewhere))
    name = writable.about.name
    for metadata, said in (
        ({}, "not a table of features"),
        ({"insonify": '{"format": 99}'}, "features of format 99"),
    ):
        shutil.rmtree(elsewhere / name)
        schema = pa.schema([("video", pa.string())], metadata=metadata)
        lance.write_dataset(schema.empty_table(), elsewhere / name)
        with pytest.raises(StoreError, match=said):
            Features.open(Store.open(elsewhere))
