from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from insonify.cli.main import run
from insonify.core.config import load_config, save_config
from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.build import IngestOptions
from insonify.ingest.clean import CleanOptions, Names, clean
from insonify.ingest.image_area import ImageArea, find_image_area, spread_frames
from insonify.ingest.recording import Recording, Region, TimedFrame

Screen = Callable[..., Frames]
FanMask = Callable[[], npt.NDArray[np.bool_]]


def recording(frames_THW: Frames, *boxes: Box) -> Recording:
    def frames() -> Iterator[TimedFrame]:
        return (TimedFrame(time / 20, frame) for time, frame in enumerate(frames_THW))

    return Recording(
        frames=frames,
        shape_HW=frames_THW.shape[1:],
        container="made up",
        timing="made up",
        regions=tuple(Region(box=box, spacing_mm=None) for box in boxes),
    )


def find(frames_THW: Frames, *boxes: Box, area: Any = "auto") -> ImageArea:
    made = recording(frames_THW, *boxes)
    return find_image_area(made, spread_frames(made.frames()), area)


def inside(area: ImageArea) -> npt.NDArray[np.bool_]:
    box = area.rectangle
    return area.mask_HW[box.top : box.bottom, box.left : box.right]


def test_the_fan_is_found_and_the_text_is_not(
    screen: Screen, fan_mask: FanMask
) -> None:
    area, truth_HW = find(screen()), fan_mask()
    assert area.method == "motion"
    assert (area.mask_HW & truth_HW).sum() > 0.93 * truth_HW.sum()
    assert (area.mask_HW & ~truth_HW).sum() < 0.03 * truth_HW.sum()
    assert not area.mask_HW[:16].any()
    assert inside(area).all()


def test_black_frames_at_the_start_do_not_make_text_move(screen: Screen) -> None:
    frames = screen()
    frames[:2] = 0
    assert not find(frames).mask_HW[:16].any()


def test_a_number_that_changes_beside_the_image_is_left_out(screen: Screen) -> None:
    frames = screen(40)
    for time, frame in enumerate(frames):
        frame[24:32, 108:120] = 220 * (time % 2)  # 11 pixels above the probe's face
    assert not find(frames).mask_HW[:30].any()


def test_still_text_in_a_dark_corner_of_the_fan_is_left_out(
    screen: Screen, fan_mask: FanMask
) -> None:
    frames = screen()
    frames[:, 100:126, 40:70] = 0
    frames[:, 108:116, 48:62] = 180
    area = find(frames)
    assert not area.mask_HW[108:116, 48:62].any()
    assert (area.mask_HW & fan_mask()).sum() > 0.85 * fan_mask().sum()


def test_a_dark_depth_belongs_to_the_fan(screen: Screen, fan_mask: FanMask) -> None:
    frames = screen()
    frames[:, 90:, 80:120] = 2
    shadow_HW = fan_mask()
    shadow_HW[:90] = shadow_HW[:, :80] = shadow_HW[:, 120:] = False
    assert (find(frames).mask_HW & shadow_HW).sum() > 0.85 * shadow_HW.sum()


def test_a_region_is_never_left(screen: Screen) -> None:
    box = Box(30, 20, 120, 180)
    area = find(screen(), box)
    assert area.method == "DICOM region, motion"
    outside_HW = np.ones(area.mask_HW.shape, bool)
    outside_HW[box.top : box.bottom, box.left : box.right] = False
    assert not (area.mask_HW & outside_HW).any()
    assert find(screen(1), box).box == box


def test_what_does_not_move_is_refused_unless_told(screen: Screen) -> None:
    for frames in (screen(1), screen(1).repeat(12, 0)):
        with pytest.raises(IngestError, match="--area full"):
            find(frames)
        area = find(frames, area="full")
        assert area.mask_HW.all()
        assert area.rectangle.height > 170


def test_thin_things_that_move_are_no_image() -> None:
    frames = np.zeros((20, 200, 200), np.uint8)
    frames[::2, 90:118] = 200
    frames[1::2, 90:118] = 120
    with pytest.raises(IngestError, match="no rectangle"):
        find(frames)


def test_spread_frames_is_bounded_and_even() -> None:
    frames = (TimedFrame(n, np.full((2, 2), n % 251, np.uint8)) for n in range(1000))
    spread = spread_frames(frames)
    assert 64 <= len(spread) < 128
    steps = np.diff(spread[:, 0, 0].astype(int)) % 251
    assert set(steps.tolist()) == {8}


def test_a_given_area_is_taken_to_its_last_pixel(screen: Screen) -> None:
    """Stills and movies alike; what the device or the motion says does not count."""
    for frames in (screen(1), screen()):
        area = find(frames, Box(30, 20, 120, 180), area=(17, 3, 171, 198))
        assert area.method == "given"
        assert area.box == area.rectangle == Box(17, 3, 171, 198)
        assert inside(area).all()
        assert area.mask_HW.sum() == 154 * 195


def test_a_still_amid_text_keeps_the_given_area_only(screen: Screen) -> None:
    frames = screen(1)
    options = CleanOptions(area=(20, 5, 170, 195))
    video = clean(recording(frames), Names("s", "e", "v"), options)
    assert np.array_equal(video.frames_THW, frames[:, 20:170, 5:195])
    assert video.crop == Box(20, 5, 170, 195)
    assert video.rectangle == Box(0, 0, 150, 190)
    assert video.facts["area"] == "given"


@pytest.mark.parametrize("area", [(0, 0, 177, 200), (0, 0, 176, 201), (176, 0, 180, 9)])
def test_a_given_area_beyond_the_picture_is_refused(
    screen: Screen, area: tuple[int, int, int, int]
) -> None:
    with pytest.raises(IngestError, match=r"not within.*176 rows and 200 columns"):
        find(screen(1), area=area)
    with pytest.raises(IngestError, match="no rectangle of 32"):
        find(screen(1), area=(0, 0, 176, 31))


def test_a_given_area_round_trips_and_must_hold_a_pixel(tmp_path: Path) -> None:
    for area in ((1, 2, 30, 40), "full"):
        options = IngestOptions(clean=CleanOptions(area=area))
        save_config(options, tmp_path / "o.json")
        assert load_config(IngestOptions, tmp_path / "o.json") == options
    text = (tmp_path / "o.json").read_text()
    for wrong in ('"half"', "[1, 2, 3]", "[5, 0, 5, 9]", "[0, -1, 5, 9]"):
        (tmp_path / "o.json").write_text(text.replace('"full"', wrong))
        with pytest.raises(ConfigError):
            load_config(IngestOptions, tmp_path / "o.json")


@pytest.mark.parametrize(
    ("area", "code"),
    [("20 5 170 195", 0), ("20 5 177 195", 1), ("20 5 20 195", 2), ("auto", 1)],
)
def test_the_area_is_given_as_four_numbers(
    screen: Screen, tmp_path: Path, area: str, code: int
) -> None:
    Image.fromarray(screen(1)[0]).save(tmp_path / "still.png")
    words = ["inspect", str(tmp_path / "still.png"), "--area", *area.split()]
    assert run(words) == code
