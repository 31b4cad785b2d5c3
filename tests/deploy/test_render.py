"""The video shows each frame when it came, heat where maps peak, colours that count."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from insonify.core.errors import ConfigError, IngestError, StoreError
from insonify.core.video import Box
from insonify.deploy.colours import GAZE, PANEL, PROBABILITY, Picture, shade
from insonify.deploy.heads import Heads
from insonify.deploy.look import Layout, Look
from insonify.deploy.overlay import Overlay
from insonify.deploy.render import render
from insonify.deploy.scan import Piece, Scan, stored_scan
from insonify.deploy.seen import Seen, seen_by
from insonify.deploy.strip import Strip
from insonify.deploy.timeline import Timeline
from insonify.deploy.truth import Truth
from insonify.store import Store
from tests.deploy.conftest import (
    FRAMES,
    SIZE,
    TIMES_S,
    quick,
    small_checkpoint,
    spot_store,
)

NARROW = Look(width=640)


def decoded(path: Path) -> tuple[list[float], list[Picture]]:
    """Times and pictures of a video that every player can show."""
    times, pictures = [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        for frame in container.decode(stream):
            times.append(float(frame.time))
            pictures.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
    return times, pictures


def test_frames_come_when_they_came(spots: Store, heads: Heads, tmp_path: Path) -> None:
    out = tmp_path / "scan.mp4"
    told: list[Any] = []
    found = render(
        stored_scan(spots, "v-0003"),
        heads,
        out,
        NARROW,
        on_progress=lambda *step: told.append(step),
    )
    times, pictures = decoded(out)
    assert found.frames == len(pictures) == FRAMES
    np.testing.assert_allclose(times, TIMES_S - TIMES_S[0], atol=1e-4)
    assert pictures[0].shape[:2] == found.shape_HW
    assert told[-1] == ("drawing", FRAMES, FRAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"scan.mp4"}


def test_a_failed_video_leaves_what_was_there(
    spots: Store, heads: Heads, tmp_path: Path
) -> None:
    out = tmp_path / "scan.mp4"
    out.write_bytes(b"before")
    whole = stored_scan(spots, "v-0003")
    begun: list[int] = []

    def pieces() -> Iterator[Piece]:
        yield from whole.pieces()
        begun.append(1)
        if len(begun) == 2:
            raise IngestError("damaged")

    with pytest.raises(IngestError):
        render(replace(whole, pieces=pieces), heads, out, NARROW)
    assert out.read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"scan.mp4"}


def test_the_video_shows_the_frames(spots: Store, heads: Heads, tmp_path: Path) -> None:
    out = tmp_path / "scan.mp4"
    scan = stored_scan(spots, "v-0003")
    render(scan, heads, out, Look(width=640, opacity=0))
    (piece,) = scan.pieces()
    box = Layout.of(NARROW, scan.shape_HW, 2, labels=False).frame
    for frame_HW, picture in zip(piece.frames_BHW, decoded(out)[1], strict=True):
        shown = picture[box.top : box.bottom, box.left : box.right].mean(2)
        overlay = plain_overlay(scan, box, opacity=0).draw(frame_HW, None, None)
        assert np.abs(shown - overlay.mean(2)).mean() < 4


def plain_overlay(scan: Scan, box: Box, opacity: float) -> Overlay:
    return Overlay(
        frame_HW=scan.shape_HW,
        rectangle=scan.rectangle,
        size=SIZE,
        drawn_HW=(box.height, box.width),
        opacity=opacity,
    )


@pytest.mark.parametrize("cell", [(0, 0), (1, 3), (3, 4)])
def test_heat_lies_where_the_map_peaks(spots: Store, cell: tuple[int, int]) -> None:
    scan = stored_scan(spots, "v-0003")
    overlay = plain_overlay(scan, Box(0, 0, 300, 360), opacity=0.8)
    map_hw = np.full((4, 5), 0.001, np.float32)
    map_hw[cell] = 1
    grey = overlay.draw(np.full(scan.shape_HW, 90, np.uint8), None, None)
    hot = overlay.draw(np.full(scan.shape_HW, 90, np.uint8), map_hw, None)
    changed_HW = np.abs(hot.astype(int) - grey).sum(2)
    window = overlay.window
    outside_HW = np.ones(changed_HW.shape, bool)
    outside_HW[window.top : window.bottom, window.left : window.right] = False
    assert changed_HW[outside_HW].max() == 0
    row, column = np.unravel_index(changed_HW.argmax(), changed_HW.shape)
    assert (row - window.top) * 4 // window.height == cell[0]
    assert (column - window.left) * 5 // window.width == cell[1]


def test_the_window_is_the_part_that_the_encoder_sees() -> None:
    overlay = Overlay(
        frame_HW=(60, 72),
        rectangle=Box(2, 4, 58, 68),
        size=(32, 40),
        drawn_HW=(120, 144),
        opacity=0.5,
    )
    # The rectangle is 56 x 64, of which a view of 4 by 5 takes 51.2 x 64.
    assert overlay.window == Box(9, 8, 111, 136)


def test_rings_are_drawn_at_the_points() -> None:
    overlay = Overlay(
        frame_HW=(60, 72),
        rectangle=Box(2, 4, 58, 68),
        size=(32, 40),
        drawn_HW=(240, 288),
        opacity=0.5,
    )
    drawn = overlay.draw(np.zeros((60, 72), np.uint8), None, np.array([(30.0, 20.0)]))
    rows, columns = np.nonzero((drawn == GAZE).all(2))
    assert (rows.mean(), columns.mean()) == pytest.approx((80, 120), abs=1)


def test_colours_of_the_strip_are_the_probabilities() -> None:
    times_s_T = np.array([0.0, 0.1, 0.2, 0.3, 1.0, 1.1])
    table_TC = np.random.default_rng(0).dirichlet(np.ones(3), 6).astype(np.float32)
    strip = Strip(Timeline(times_s_T), 2.0)
    box = Box(0, 0, 3 * 15, 400)
    picture_HW3 = strip.probabilities(table_TC, box, now_s=0.3)
    assert picture_HW3.shape == (45, 400, 3)
    ends_s_T = [0.1, 0.2, 0.3, 0.5, 1.1, 1.2]  # a gap is two intervals long, not 0.7
    for column in range(400):
        time_s = 0.3 + 2.0 * ((column + 0.5) / 400 - 0.5)
        frames = [t for t in range(6) if times_s_T[t] <= time_s < ends_s_T[t]]
        for row in range(3):
            wanted = PANEL
            if frames:
                wanted = tuple(shade(PROBABILITY, table_TC[frames[0], row]))
            assert tuple(picture_HW3[15 * row, column]) == wanted, (column, row)


def test_now_is_in_the_middle() -> None:
    places_X = Timeline(np.arange(10) / 10).frames_at(0.5, 1.0, 100)
    assert places_X[49] == 4
    assert places_X[50] == 5
    assert places_X[0] == 0
    assert places_X[-1] == 9


def test_runs_of_labels_stop_at_gaps() -> None:
    line = Timeline(np.array([0.0, 0.1, 0.2, 1.0, 1.1]))
    runs = line.runs(("a", "a", "b", "b", None))
    assert [run.label for run in runs] == ["a", "b", "b"]
    assert [run.start_s for run in runs] == pytest.approx([0.0, 0.2, 1.0])
    assert [run.end_s for run in runs] == pytest.approx([0.2, 0.4, 1.1])
    assert Timeline(np.array([0.7])).end_s == pytest.approx(0.74)


def test_the_strip_is_on_the_video(spots: Store, heads: Heads, tmp_path: Path) -> None:
    scan = stored_scan(spots, "v-0002")
    render(scan, heads, tmp_path / "scan.mp4", Look(width=640, strip_s=2.0))
    _, pictures = decoded(tmp_path / "scan.mp4")
    (piece,) = scan.pieces()
    table_TC = heads.probabilities(heads.views(piece.frames_BHW, scan.rectangle))
    box = Layout.of(NARROW, scan.shape_HW, 2, labels=False).strip
    rows = box.height // 2
    right = box.left + box.width // 2 + 4
    for number, picture in enumerate(pictures):
        for place in range(2):
            row = box.top + place * rows + rows // 2
            wanted = shade(PROBABILITY, table_TC[number, place]).astype(int)
            assert np.abs(picture[row, right] - wanted).max() < 30, (number, place)


def test_truth_is_the_stores(spots: Store, heads: Heads, tmp_path: Path) -> None:
    scan = stored_scan(spots, "v-0003")
    truth = Truth.of(spots, scan, "spot", 0.02)
    assert truth.labels_T == ("large",) * FRAMES
    assert truth.points_T is not None
    out = tmp_path / "scan.mp4"
    render(scan, heads, out, Look(width=640, opacity=0), truth=truth)
    box = Layout.of(NARROW, scan.shape_HW, 2, labels=True).frame
    sky = np.array(GAZE)
    for points_P2, picture in zip(truth.points_T, decoded(out)[1], strict=True):
        assert points_P2 is not None
        shown = picture[box.top : box.bottom, box.left : box.right].astype(int)
        rows, columns = np.nonzero(np.abs(shown - sky).max(2) < 60)
        right, down = points_P2[0] * (box.width / 72, box.height / 60)
        assert (np.median(rows), np.median(columns)) == pytest.approx(
            (down, right), abs=6
        )


def test_without_labels_and_gaze_there_is_the_frame_alone(
    heads: Heads, tmp_path: Path
) -> None:
    bare = spot_store(tmp_path / "bare", labels=False, gaze=False)
    empty = Heads.fit(bare, heads.checkpoint, quick())
    scan = stored_scan(bare, "v-0003")
    truth = Truth.of(bare, scan, None, 0.2)
    assert truth.labels_T is None
    assert truth.points_T is None
    found = render(scan, empty, tmp_path / "scan.mp4", NARROW, truth=truth)
    assert found.frames == FRAMES
    layout = Layout.of(NARROW, scan.shape_HW, 0, labels=False)
    assert layout.strip.height == layout.axis.height == 0
    assert found.shape_HW == layout.shape_HW


def test_who_was_seen_is_said(spots: Store, heads: Heads) -> None:
    split = spots.split("three").roles(0)
    index = spots.frames()
    of_subject = dict(zip(index.subjects, index.video_ids, strict=True))
    trained, tested = min(split.train), min(split.test)
    card = heads.card

    def seen(subject: str, *pretrained: str) -> Seen:
        scan = stored_scan(spots, of_subject[subject])
        return seen_by(scan, small_checkpoint(subjects=list(pretrained)), card)

    assert seen(tested).honest
    assert str(seen(tested)) == "Not seen in training"
    assert seen(trained) == Seen(encoder=False, heads=True)
    assert "the heads' training" in str(seen(trained))
    assert seen(tested, tested) == Seen(encoder=True, heads=False)
    assert "pretraining" in str(seen(tested, tested))
    unknown = Scan(pieces=lambda: iter(()), shape_HW=(9, 9), rectangle=Box(0, 0, 9, 9))
    found = seen_by(unknown, small_checkpoint(subjects=["s-1"]), card)
    assert found == Seen(encoder=None, heads=None)
    assert "unknown" in str(found)


def test_an_unknown_video_is_refused(spots: Store) -> None:
    with pytest.raises(StoreError, match="v-0000, v-0001, v-0002 and others"):
        stored_scan(spots, "v-9999")


@pytest.mark.parametrize(
    "options", [{"width": 639}, {"width": 100}, {"opacity": 1.2}, {"strip_s": 0.0}]
)
def test_looks_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Look(**options)


@pytest.mark.parametrize("shape_HW", [(60, 72), (400, 120), (90, 700)])
@pytest.mark.parametrize("classes", [0, 1, 14, 24])
def test_everything_has_its_place(shape_HW: tuple[int, int], classes: int) -> None:
    layout = Layout.of(Look(), shape_HW, classes, labels=True)
    height, width = layout.shape_HW
    assert height % 2 == width % 2 == 0
    picture = np.zeros((height, width), int)
    boxes = [box for name, box in vars(layout).items() if name != "shape_HW"]
    for box in boxes:
        assert 0 <= box.top <= box.bottom <= height
        assert 0 <= box.left < box.right <= width
        picture[box.top : box.bottom, box.left : box.right] += 1
    assert picture.max() == 1
    assert layout.strip.height % max(classes, 1) == 0
    shown = layout.frame.width / layout.frame.height
    assert shown == pytest.approx(shape_HW[1] / shape_HW[0], rel=0.02)
