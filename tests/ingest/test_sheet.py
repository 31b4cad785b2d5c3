from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from insonify.core.video import Box, Frames, Video
from insonify.ingest.area.evidence import area_of
from insonify.ingest.clean import Facts
from insonify.ingest.sheet import (
    Glimpse,
    area_row,
    batch_row,
    page,
    refusal_row,
    write_sheet,
)
from insonify.store.parts import VideoParts

Screen = Callable[..., Frames]
FanMask = Callable[[], npt.NDArray[np.bool_]]


def video(frames_THW: Frames) -> Video:
    count, height, width = frames_THW.shape
    return Video(
        frames_THW=frames_THW,
        times_s_T=np.arange(count) / 10,
        segments_T=np.zeros(count, np.int32),
        motion_T=np.zeros(count, np.float32),
        rectangle=Box(10, 20, height - 10, width - 20),
        spacing_mm=None,
        subject="s-1",
        exam="e-1",
        video="v-1",
        source_shape=(400, 600),
        crop=Box(100, 200, 300, 500),
    )


def pixels(image: Image.Image) -> npt.NDArray[np.int_]:
    return np.asarray(image).astype(int)


def coloured(image: Image.Image) -> tuple[int, int, int]:
    """How many pixels are clearly red, green and blue."""
    red, green, blue = np.moveaxis(pixels(image), -1, 0)
    return (
        int(((red - green > 80) & (red - blue > 80)).sum()),
        int(((green - red > 80) & (green - blue > 80)).sum()),
        int(((blue - red > 80) & (blue - green > 60)).sum()),
    )


def test_outside_the_area_the_source_is_dimmed(
    fan_mask: FanMask,
) -> None:
    frame_HW = np.full(fan_mask().shape, 200, np.uint8)
    row = pixels(area_row(frame_HW, area_of(fan_mask(), "given"), None, []))
    assert tuple(row[5, 100]) == (70, 70, 70)
    assert tuple(row[105, 75]) in {(200, 200, 200), (60, 230, 90)}
    assert not row[:, 320:].any()


def test_area_box_and_rectangle_have_their_colours_and_words_room(
    screen: Screen, fan_mask: FanMask
) -> None:
    frames, area = screen(9), area_of(fan_mask(), "motion")
    lines = ["a line that is much longer than there is room for " * 3, "a word"]
    row = area_row(frames[4], area, Glimpse.of(video(frames)), lines)
    assert min(coloured(row)) > 100
    words = pixels(row)[:, 4 * 320 :]
    lit = np.flatnonzero(words.max((1, 2)) > 200)
    assert lit[-1] > 4 * 18  # four lines and the word
    assert words[:, -4:].max() < 200  # nothing is cut off
    many = area_row(frames[4], area, None, ["word"] * 40)
    assert many.height > 40 * 18


def test_a_refused_file_shows_what_moves_and_what_was_declared(screen: Screen) -> None:
    moves_HW = np.zeros((176, 200), bool)
    moves_HW[50:90, 50:120] = True
    red, green, blue = coloured(
        refusal_row(screen(1)[0], moves_HW, [Box(20, 20, 170, 190)], ["refused"])
    )
    assert red > 100
    assert blue > 100
    assert green == 0


def drawn(made: Video, facts: Facts) -> Image.Image:
    parts = VideoParts("f-1", 0)
    parts.add(replace(made, facts=facts))
    return batch_row(Glimpse.of(made), parts.row())


def test_a_row_of_a_batch_holds_the_clean_video_and_no_more() -> None:
    frames = np.full((5, 120, 160), 90, np.uint8)
    facts: Facts = {"area": "motion", "frames_read": 8, "notes": "Erika 4711"}
    row = drawn(video(frames), facts)
    other = drawn(video(frames // 2), facts)
    assert tuple(pixels(row)[60, 240]) == (90, 90, 90)
    assert tuple(pixels(other)[60, 240]) == (45, 45, 45)
    # Where it was on the screen is drawn without the screen.
    assert np.array_equal(pixels(row)[:, :160], pixels(other)[:, :160])
    without = drawn(video(frames), {**facts, "notes": "none"})
    assert np.array_equal(pixels(row), pixels(without))
    assert row.height <= 160


def test_the_middle_of_a_video_in_parts_is_that_of_its_middle_part() -> None:
    parts = [
        Glimpse.of(video(np.full((3, 64, 64), value, np.uint8)))
        for value in (10, 20, 30)
    ]
    assert [frame.max() for frame in Glimpse.over(parts).frames_HW] == [10, 20, 30]
    numbered = np.arange(5, dtype=np.uint8)[:, None, None].repeat(64, 1).repeat(64, 2)
    one = Glimpse.of(video(numbered))
    assert [frame.max() for frame in Glimpse.over([one]).frames_HW] == [0, 2, 4]
    still = Glimpse.of(video(numbered[:1]))
    assert len(Glimpse.over([still]).frames_HW) == 1


def test_a_page_stacks_rows_and_says_nothing_of_the_file(
    tmp_path: Path, screen: Screen
) -> None:
    rows = [drawn(video(screen(3)), {}) for _ in range(3)]
    sheet = page(rows)
    assert sheet.height >= 3 * rows[0].height
    assert np.array_equal(pixels(sheet)[: rows[0].height], pixels(rows[0]))
    write_sheet(rows, tmp_path / "deep" / "sheet.png")
    with Image.open(tmp_path / "deep" / "sheet.png") as image:
        assert np.array_equal(pixels(image), pixels(sheet))
        assert not image.info
