"""The map's data, the grid of neighbours and what is said of them."""

import base64
import json
from dataclasses import replace

import pyarrow as pa
import pytest

from insonify.report.page import gallery_page
from insonify.report.page.gallery_charts import neighbour_charts
from insonify.report.page.gallery_columns import GalleryColumns
from insonify.report.page.gallery_page import gallery_said, gallery_shown
from tests.report.material import CLASSES, small_gallery


def test_the_map_has_every_frame_with_its_picture() -> None:
    gallery = small_gallery()
    shown = gallery_shown(gallery)
    data = json.loads(shown["data"])
    rows = gallery.rows.to_pylist()
    assert data["names"]["class"] == list(CLASSES)
    for place, row in enumerate(rows):
        assert data["x"][place] == pytest.approx(row["x"], abs=1e-4)
        assert CLASSES[data["groups"]["class"][place]] == row["truth"]
        subject = data["names"]["subject"][data["groups"]["subject"][place]]
        assert subject == row["subject"]
        assert data["near"][place] == row["neighbours"]
        assert base64.b64decode(data["pictures"][place]) == row["thumbnail"]
    assert "<" not in shown["data"]


def test_the_grid_marks_neighbours_of_the_same_class() -> None:
    gallery = small_gallery()
    rows = gallery.rows.to_pylist()
    grid = gallery_shown(gallery)["grid"]
    assert [asked.truth for asked, _ in grid] == list(CLASSES)
    for asked, alike in grid:
        mine = next(
            row
            for row in rows
            if row["subject"] == asked.subject and row["truth"] == asked.truth
        )
        assert [each.truth for each in alike] == [
            rows[n]["truth"] for n in mine["neighbours"]
        ]
        for each in alike:
            assert each.same is (each.truth == asked.truth)
            assert each.subject != asked.subject


def test_shares_of_classes_stand_beside_chance() -> None:
    gallery = small_gallery()
    rows = gallery.rows.to_pylist()
    (chart,) = neighbour_charts(GalleryColumns(gallery))
    found, chance = chart.data
    for name, share, by_chance in zip(CLASSES, found["x"], chance["x"], strict=True):
        mine = [row for row in rows if row["truth"] == name]
        right = [rows[row["neighbours"][0]]["truth"] == name for row in mine]
        assert share == pytest.approx(sum(right) / len(right), abs=1e-4)
        assert by_chance == pytest.approx(1 / 3, abs=1e-3)


def test_agreement_is_told_with_chance_or_not_at_all() -> None:
    said = gallery_said(small_gallery()).replace("\u00a0", " ")
    assert "50 % (95 % interval 40 % to 60 %)" in said
    assert said.endswith("by chance 30 %.")
    assert "chance" not in gallery_said(small_gallery(agreement=False))


def test_without_labels_frames_are_told_apart_by_subject() -> None:
    shown = gallery_shown(small_gallery(labelled=False))
    assert shown["modes"] == ["subject"]
    assert not shown["charts"]
    assert len(shown["grid"]) == 16


def test_pictures_are_left_out_evenly_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gallery = small_gallery()
    size = sum(map(len, gallery.rows["thumbnail"].to_pylist()))
    monkeypatch.setattr(gallery_page, "_PICTURES", size // 2 + 1)
    pictures = json.loads(gallery_shown(gallery)["data"])["pictures"]
    assert [bool(each) for each in pictures] == [n % 2 == 0 for n in range(72)]


def test_a_frame_without_neighbours_is_not_asked_about() -> None:
    gallery = small_gallery()
    lonely = {
        "neighbours": pa.array([[]] * 72, pa.list_(pa.int32())),
        "similarities": pa.array([[]] * 72, pa.list_(pa.float32())),
    }
    rows = gallery.rows
    for name, column in lonely.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    assert gallery_shown(replace(gallery, rows=rows))["grid"] == []
