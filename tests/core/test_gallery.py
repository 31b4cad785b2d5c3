"""The gallery file says what it holds, and refuses what contradicts itself."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from insonify.core.described import kind_of
from insonify.core.errors import ReportError
from insonify.core.gallery import KIND, SCHEMA, Gallery, read_gallery, write_gallery


def picture() -> bytes:
    """A small grey JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 10), 90, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def make(classes: tuple[str, ...] = ("abdomen", "brain"), **changes: Any) -> Gallery:
    """Four frames of two subjects, each the neighbour of one of the other."""
    columns = {
        "subject": ["s-0", "s-0", "s-1", "s-1"],
        "video": ["v-0", "v-0", "v-1", "v-2"],
        "time_s": [0.0, 0.5, 0.0, 0.0],
        "truth": ["abdomen", "brain", "abdomen", "brain"],
        "x": [-1.0, 1.0, -0.9, 0.9],
        "y": [0.0, 0.1, 0.0, 0.1],
        "neighbours": [[2, 3], [3], [0], [1]],
        "similarities": [[0.9, 0.2], [0.8], [0.9], [0.8]],
        "thumbnail": [picture()] * 4,
    }
    return Gallery(
        task="plane",
        classes=classes,
        store="00ff",
        arm="siamese",
        facts={"method": "t-SNE", "agreement": None},
        size=(8, 10),
        rows=pa.table(columns | changes, schema=SCHEMA),
    )


def test_reads_what_was_written(tmp_path: Path) -> None:
    path, known = tmp_path / "g.parquet", make()
    write_gallery(path, known)
    found = read_gallery(path)
    assert found.rows.equals(known.rows)
    assert replace(found, rows=known.rows) == known
    assert kind_of(path) == KIND
    assert [file.name for file in tmp_path.iterdir()] == ["g.parquet"]


def test_places_come_in_the_order_of_the_rows() -> None:
    known = make()
    assert known.places_N2()[:, 0].tolist() == known.rows["x"].to_pylist()
    assert known.places_N2()[:, 1].tolist() == known.rows["y"].to_pylist()


def test_frames_without_labels_have_an_empty_truth() -> None:
    assert make(classes=(), truth=[""] * 4).classes == ()
    with pytest.raises(ReportError, match="truth"):
        make(classes=())
    with pytest.raises(ReportError, match="truth"):
        make(truth=[""] * 4)


def test_a_frame_may_lack_neighbours() -> None:
    alone = make(subject=["s-0"] * 4, neighbours=[[]] * 4, similarities=[[]] * 4)
    assert alone.rows["neighbours"].to_pylist() == [[]] * 4


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"truth": ["femur"] * 4}, "truth"),
        ({"subject": [None, "s-0", "s-1", "s-1"]}, "missing"),
        ({"x": [-1.5, 1.0, -0.9, 0.9]}, "places"),
        ({"y": [float("nan"), 0.0, 0.0, 0.0]}, "places"),
        ({"thumbnail": [b"P5 8 10"] * 4}, "JPEG"),
        ({"neighbours": [[2, 3], [3], [0], [4]]}, "no row"),
        ({"neighbours": [[2, 3], [3], [0], [-1]]}, "no row"),
        ({"neighbours": [[2, 3], [0], [0], [1]]}, "same subject"),
        ({"neighbours": [[2], [3], [0], [1]]}, "as many"),
        ({"similarities": [[0.9, 0.2], [1.2], [0.9], [0.8]]}, "similarities"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(ReportError, match=rf"{found}.*insonify transfer gallery"):
        make(**changes)


def test_no_rows_and_other_columns_are_refused() -> None:
    known = make()
    with pytest.raises(ReportError, match="no rows"):
        replace(known, rows=known.rows.slice(0, 0))
    with pytest.raises(ReportError, match="columns"):
        replace(known, rows=known.rows.drop_columns("x"))


def spoil_nothing_there(path: Path) -> None:
    path.unlink()


def spoil_other_version(path: Path) -> None:
    table = pq.read_table(path)
    head = table.schema.metadata[b"insonify.gallery"]
    newer = head.replace(b'"format": 1', b'"format": 99')
    pq.write_table(table.replace_schema_metadata({"insonify.gallery": newer}), path)


def spoil_a_row(path: Path) -> None:
    table = pq.read_table(path)
    index = table.schema.get_field_index("truth")
    odd = table.set_column(index, SCHEMA.field("truth"), pa.array(["femur"] * 4))
    pq.write_table(odd, path)


@pytest.mark.parametrize(
    "spoil", [spoil_nothing_there, spoil_other_version, spoil_a_row]
)
def test_spoilt_files_are_refused_by_name(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "g.parquet"
    write_gallery(path, make())
    spoil(path)
    with pytest.raises(ReportError, match=r"g\.parquet.*insonify transfer"):
        read_gallery(path)
