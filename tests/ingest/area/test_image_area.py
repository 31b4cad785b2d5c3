from collections.abc import Callable, Iterator
from dataclasses import replace
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
from insonify.ingest.area.image_area import ImageArea, find_image_areas, spread_frames
from insonify.ingest.area.shapes import Outline, Polygon, Sector
from insonify.ingest.clean import CleanOptions, Names, views
from insonify.ingest.options import IngestOptions
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
        regions=tuple(
            Region(box=box, spacing_mm=(0.1 * number, 0.2 * number))
            for number, box in enumerate(boxes, 1)
        ),
    )


def find_all(
    made: Recording, area: Any = "auto", profile: tuple[Outline, ...] = ()
) -> tuple[ImageArea, ...]:
    return find_image_areas(made, spread_frames(made.frames()), area, profile)


def find(frames_THW: Frames, *boxes: Box, area: Any = "auto") -> ImageArea:
    (found,) = find_all(recording(frames_THW, *boxes), area)
    return found


def inside(area: ImageArea) -> npt.NDArray[np.bool_]:
    box = area.rectangle
    return area.mask_HW[box.top : box.bottom, box.left : box.right]


def test_the_fan_is_found_and_the_text_is_not(
    screen: Screen, fan_mask: FanMask
) -> None:
    area, truth_HW = find(screen()), fan_mask()
    assert area.method == "motion, sector"
    assert isinstance(area.outline, Sector)
    assert (area.mask_HW & truth_HW).sum() > 0.97 * truth_HW.sum()
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


def fading(frames_THW: Frames) -> Frames:
    """The left half goes dark with depth."""
    light_H1 = np.clip((125 - np.arange(176)) / 100, 0, 1)[:, None]
    frames_THW[:, 30:, :100] = frames_THW[:, 30:, :100] * light_H1[30:]
    return frames_THW


def test_letters_in_a_single_frame_do_so_too(screen: Screen) -> None:
    frames = fading(screen())
    frames[0] = 0  # a page of text before the clip
    assert find(frames).method == "motion, sector"
    frames[0, 126:132, 26:40:3] = 200
    assert not find(frames).mask_HW[126:132, 26:40].any()


def both(left_THW: Frames, right_THW: Frames, gap: int = 12) -> Frames:
    """A split screen, with text above both."""
    between = np.zeros((*left_THW.shape[:2], gap), np.uint8)
    return np.concatenate([left_THW, between, right_THW], axis=2)


def test_a_split_screen_gives_its_views_from_left_to_right(
    screen: Screen, fan_mask: FanMask
) -> None:
    frames = both(screen(seed=1), screen(seed=2))
    left, right = find_all(recording(frames))
    assert left.method == "motion, sector; view 1 of 2"
    assert right.method == "motion, sector; view 2 of 2"
    assert left.box.right <= 200
    assert right.box.left >= 212
    for area, first in ((left, 0), (right, 212)):
        truth_HW, found_HW = fan_mask(), area.mask_HW[:, first : first + 200]
        assert (truth_HW & found_HW).sum() > 0.97 * truth_HW.sum()
        assert area.mask_HW.sum() < 1.03 * truth_HW.sum()
        assert not area.mask_HW[:16].any()


def test_each_region_of_a_split_screen_is_a_view_with_its_own_scale(
    screen: Screen,
) -> None:
    boxes = Box(20, 220, 170, 400), Box(18, 10, 170, 190)
    frames = both(screen(seed=1), screen(seed=2))
    made = recording(frames, *boxes)
    left, right = find_all(made)
    assert left.method == "DICOM region, motion; view 1 of 2"
    assert left.spacing_mm == pytest.approx((0.2, 0.4))
    assert right.spacing_mm == pytest.approx((0.1, 0.2))
    for area, alone in ((left, boxes[1]), (right, boxes[0])):
        expected = find(frames, alone)
        assert np.array_equal(area.mask_HW, expected.mask_HW)
        assert area.rectangle == expected.rectangle
    stills = replace(made, frames=lambda: iter([next(made.frames())]))
    assert [area.box for area in find_all(stills)] == [boxes[1], boxes[0]]


def test_a_colour_box_within_the_image_is_no_view(screen: Screen) -> None:
    area = find(screen(), Box(18, 10, 170, 190), Box(60, 60, 120, 130))
    assert area.method == "DICOM region, motion"
    assert area.spacing_mm == pytest.approx((0.1, 0.2))


def test_what_the_device_marked_as_image_comes_first(
    screen: Screen, fan_mask: FanMask
) -> None:
    made = replace(recording(screen(), Box(0, 0, 176, 200)), active_HW=fan_mask())
    (area,) = find_all(made, profile=(Box(0, 0, 64, 64),))
    assert area.method == "active image area of the device"
    assert np.array_equal(area.mask_HW, fan_mask())
    assert area.spacing_mm == pytest.approx((0.1, 0.2))
    (told,) = find_all(made, (20, 5, 170, 195))
    assert told.box == Box(20, 5, 170, 195)


def test_two_views_in_the_devices_mask_are_parted_by_its_regions(
    screen: Screen, fan_mask: FanMask
) -> None:
    frames = both(screen(1), screen(1))
    twice_HW = np.pad(fan_mask(), ((0, 0), (0, 212))) | np.pad(
        fan_mask(), ((0, 0), (212, 0))
    )
    made = recording(frames, Box(10, 0, 170, 200), Box(10, 212, 170, 412))
    left, right = find_all(replace(made, active_HW=twice_HW))
    assert np.array_equal(left.mask_HW | right.mask_HW, twice_HW)
    assert left.box.right <= 200
    assert right.box.left >= 212
    (whole,) = find_all(replace(made, active_HW=twice_HW, regions=()))
    assert np.array_equal(whole.mask_HW, twice_HW)


def test_a_profile_says_where_the_image_of_a_still_is(screen: Screen) -> None:
    triangle = Polygon(corners=((20.0, 100.0), (160.0, 180.0), (160.0, 20.0)))
    made = recording(screen(1))
    for shape in (
        Box(20, 5, 170, 195),
        Sector(apex=(10.0, 100.0), radii=(40.0, 150.0), angles=(-35.0, 35.0)),
        triangle,
    ):
        (area,) = find_all(made, profile=(shape,))
        assert area.method == "saved profile"
        assert area.outline == shape
        assert inside(area).all()
        assert not area.mask_HW[:16].any()
    left, right = find_all(made, profile=(Box(20, 0, 170, 90), Box(20, 100, 170, 190)))
    assert left.box == Box(20, 0, 170, 90)
    assert right.method == "saved profile; view 2 of 2"
    with pytest.raises(IngestError, match="correct the profile"):
        find_all(made, profile=(Box(20, 5, 177, 195),))


def test_an_exact_region_comes_before_a_profile_and_motion_after(
    screen: Screen,
) -> None:
    profile = (Box(30, 30, 100, 100),)
    exact = recording(screen(), Box(20, 10, 170, 190))
    assert find_all(exact, profile=profile)[0].method == "DICOM region, motion"
    clipped = replace(exact, regions=(replace(exact.regions[0], exact=False),))
    assert find_all(clipped, profile=profile)[0].box == profile[0]
    (area,) = find_all(clipped)
    assert area.method == "clipped DICOM region, motion, sector"


def test_letters_in_the_dark_depths_keep_the_sector_from_growing_over_them(
    screen: Screen, fan_mask: FanMask
) -> None:
    frames = fading(screen())
    grown = find(frames)
    assert grown.method == "motion, sector"
    assert grown.mask_HW[126:132, 26:40].any()
    frames[:, 126:132, 26:40:3] = 60  # grey letters, fainter than the image
    area = find(frames)
    assert area.method == "motion"
    assert not area.mask_HW[126:132, 26:40].any()
    assert (area.mask_HW & fan_mask()).sum() > 0.6 * fan_mask().sum()


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
    (view,) = views(recording(frames), options, Path("0"))
    (video,) = view.parts(Names("s", "e", "v"))
    assert np.array_equal(video.frames_THW, frames[:, 20:170, 5:195])
    assert video.crop == Box(20, 5, 170, 195)
    assert video.rectangle == Box(0, 0, 150, 190)
    assert view.facts["area"] == "given"


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
