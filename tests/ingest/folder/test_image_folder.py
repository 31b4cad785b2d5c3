from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insonify.core.errors import IngestError
from insonify.core.video import Frames
from insonify.ingest.folder.image_folder import (
    digest_images,
    looks_like_image,
    read_image_folder,
)

Screen = Callable[..., Frames]


@pytest.fixture
def folder(tmp_path: Path, screen: Screen) -> tuple[Path, list[str], Frames]:
    """Twelve images, listed in the order of letters; and what is in them."""
    screens_THW = screen(12)
    for number, screen_HW in enumerate(screens_THW):
        Image.fromarray(screen_HW).save(tmp_path / f"Erika_{number}.png")
    return tmp_path, sorted(path.name for path in tmp_path.iterdir()), screens_THW


def test_images_are_frames_in_natural_order(
    folder: tuple[Path, list[str], Frames],
) -> None:
    path, names, screens_THW = folder
    recording = read_image_folder(path, names, 20.0)
    for _ in range(2):  # it can be read more than once
        frames = list(recording.frames())
        np.testing.assert_array_equal([frame.luma_HW for frame in frames], screens_THW)
        times = [frame.time_s for frame in frames]
        np.testing.assert_allclose(times, np.arange(12) / 20)
    assert recording.shape_HW == (176, 200)
    assert (recording.container, recording.timing) == ("png folder", "given frame rate")
    assert recording.facts == {"frame_rate": 20.0}
    assert recording.identity is None


def test_images_are_read_when_they_are_asked_for(
    folder: tuple[Path, list[str], Frames],
) -> None:
    path, names, screens_THW = folder
    frames = read_image_folder(path, names, 20.0).frames()
    (path / "Erika_11.png").unlink()
    assert all((next(frames).luma_HW == screen).all() for screen in screens_THW[:11])


def test_sixteen_bits_have_one_white_over_all_images(tmp_path: Path) -> None:
    for number, level in enumerate([100, 4000, 50]):
        pixels = np.full((20, 30), level, np.uint16)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    frames = read_image_folder(tmp_path, ["0.png", "1.png", "2.png"], 1.0).frames()
    expected = [round(level / 4095 * 255) for level in (100, 4000, 50)]
    assert [int(frame.luma_HW[0, 0]) for frame in frames] == expected


def test_colour_is_kept_apart_and_may_change(tmp_path: Path) -> None:
    colours = np.zeros((20, 30, 3), np.uint8)
    colours[:5, :, 0] = 200
    Image.fromarray(colours).save(tmp_path / "1.png")
    Image.fromarray(colours[..., 0]).save(tmp_path / "2.png")
    red, grey = read_image_folder(tmp_path, ["1.png", "2.png"], 1.0).frames()
    assert red.colour_HW is not None
    assert red.colour_HW.sum() == 150
    assert (grey.colour_HW, int(grey.luma_HW[0, 0])) == (None, 200)


@pytest.mark.parametrize("other", [(176, 199), (200, 176)])
def test_images_of_several_sizes_are_no_video(
    folder: tuple[Path, list[str], Frames], other: tuple[int, int]
) -> None:
    path, names, _ = folder
    Image.fromarray(np.zeros(other, np.uint8)).save(path / "Erika_7.png")
    recording = read_image_folder(path, names, 20.0)
    message = rf"image 8 of 12 is of {other[1]} x {other[0]} pixels, the first of 200"
    with pytest.raises(IngestError, match=message) as caught:
        list(recording.frames())
    assert "Erika" not in str(caught.value)


def test_images_of_several_depths_are_no_video(
    folder: tuple[Path, list[str], Frames],
) -> None:
    path, names, screens_THW = folder
    deep_HW = screens_THW[7].astype(np.uint16)
    Image.fromarray(deep_HW).save(path / "Erika_7.png")
    with pytest.raises(IngestError, match="image 8 of 12 has uint16 numbers"):
        list(read_image_folder(path, names, 20.0).frames())


def test_a_damaged_image(folder: tuple[Path, list[str], Frames]) -> None:
    path, names, screens_THW = folder
    whole = (path / "Erika_7.png").read_bytes()
    (path / "Erika_7.png").write_bytes(whole[:500])
    with pytest.raises(IngestError, match="--damaged keep") as caught:
        list(read_image_folder(path, names, 20.0).frames())
    assert "Erika" not in str(caught.value)
    recording = read_image_folder(path, names, 20.0, "keep")
    lumas = [frame.luma_HW for frame in recording.frames()]
    np.testing.assert_array_equal(lumas, screens_THW[:7])
    assert len(recording.notes) == 1
    (path / "Erika_0.png").write_bytes(whole[:500])
    with pytest.raises(IngestError, match="the first of 12 images"):
        read_image_folder(path, names, 20.0, "keep")


def test_the_digest_is_of_the_content_in_order(
    folder: tuple[Path, list[str], Frames],
) -> None:
    path, names, _ = folder
    digest = digest_images(path, names)
    assert digest == digest_images(path, reversed(names))
    for name in names:
        (path / name).rename(path / name.replace("Erika", "Ada"))
    renamed = [name.replace("Erika", "Ada") for name in names]
    assert digest_images(path, renamed) == digest
    assert digest_images(path, renamed[:-1]) != digest
    (path / "Ada_3.png").rename(path / "Ada_12.png")
    moved = [name for name in renamed if name != "Ada_3.png"]
    assert digest_images(path, [*moved, "Ada_12.png"]) != digest
    with pytest.raises(IngestError, match="an image cannot be read"):
        digest_images(path, renamed)


def test_what_can_be_an_image_of_a_video(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((20, 30), np.uint8))
    for form in ("png", "jpg", "bmp", "tif", "pgm", "jp2"):
        image.save(tmp_path / f"1.{form}")
        head = (tmp_path / f"1.{form}").read_bytes()[:512]
        assert looks_like_image(head, "frame_1")
        assert not looks_like_image(head, "2/overview")  # no number
        assert looks_like_image(None, f"frame_1.{form.upper()}")
    assert not looks_like_image(None, "cine_1.dcm")
    image.save(tmp_path / "1.gif")
    for head in (
        (tmp_path / "1.gif").read_bytes(),
        b"II*\0" + bytes(124) + b"DICM",
        b"",
    ):
        assert not looks_like_image(head, "frame_1")


def test_real_images(shared_data: Path) -> None:
    folder = shared_data / "sononet" / "example_images"
    names = sorted(path.name for path in folder.iterdir())[:4]
    recording = read_image_folder(folder, names, 10.0)
    for name, frame in zip(names, recording.frames(), strict=True):
        slow_HW = np.asarray(Image.open(folder / name).convert("L"), np.int16)
        assert np.abs(slow_HW - frame.luma_HW).max() <= 1
    assert recording.shape_HW == (735, 975)
