"""Images, and image files that hold several.

Legend: T frames, H rows, W columns.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from insonify.core.errors import IngestError
from insonify.ingest.formats.reading import read

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    '<Image Name="Erika"><Pixels SizeT="5" SizeZ="1" SizeC="1" {pixels}>{planes}'
    "</Pixels></Image></OME>"
)


def save(path: Path, description: str | None = None, kind: str = "TIFF") -> Path:
    first, *others = map(Image.fromarray, FRAMES_THW)
    more: dict[str, Any] = {"description": description} if description else {}
    first.save(path, kind, save_all=True, append_images=others, **more)
    return path


def planes(*times: object, unit: str = "ms") -> str:
    return "".join(
        f'<Plane TheT="{number}" DeltaT="{time}" DeltaTUnit="{unit}"/>'
        for number, time in enumerate(times)
    )


@pytest.mark.parametrize(
    ("description", "step_s", "timing"),
    [
        ("ImageJ=1.54\nframes=5\nfinterval=0.05\n", 0.05, "declared frame rate"),
        (
            "ImageJ=1.54\nframes=5\nfinterval=50\ntunit=ms\n",
            0.05,
            "declared frame rate",
        ),
        (
            OME.format(pixels="", planes=planes(7, 57, 107, 157, 207)),
            0.05,
            "frame time",
        ),
        (
            OME.format(
                pixels='TimeIncrement="50" TimeIncrementUnit="ms"', planes=planes(1, 2)
            ),
            0.05,
            "declared frame rate",
        ),
        (OME.format(pixels='TimeIncrement="0.05"', planes=""), 0.05, "declared"),
    ],
)
def test_times_of_the_pages_of_a_tiff(
    description: str, step_s: float, timing: str, tmp_path: Path
) -> None:
    recording = read(save(tmp_path / "0", description))
    frames = list(recording.frames())
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(5) * step_s)
    assert np.array_equal([frame.luma_HW for frame in frames], FRAMES_THW)
    assert recording.timing.startswith(timing)


@pytest.mark.parametrize(
    "description",
    [
        None,
        "ImageJ=1.54\nslices=5\nfinterval=0.05\n",
        "ImageJ=1.54\nframes=5\nfps=7\n",
        "ImageJ=1.54\nframes=5\nfinterval=0.05\ntunit=weeks\n",
        OME.format(pixels='TimeIncrement="0.05"', planes="").replace('T="5"', 'T="4"'),
        OME.format(pixels='TimeIncrement="0.05"', planes="")[:-9],
        '<!DOCTYPE a [<!ENTITY b "c">]>' + OME.format(pixels="", planes=""),
    ],
)
def test_pages_without_times_need_a_rate(
    description: str | None, tmp_path: Path
) -> None:
    path = save(tmp_path / "0", description)
    with pytest.raises(IngestError, match=r"5 images in one tiff.*--rate-hz"):
        read(path)
    recording = read(path, rate_hz=10)
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx(np.arange(5) / 10)
    assert recording.timing == "given frame rate"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_keeps_its_uneven_times(kind: str, tmp_path: Path) -> None:
    first, *others = map(Image.fromarray, FRAMES_THW)
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    durations = [40, 50, 60, 70, 80]
    first.save(
        tmp_path / "0",
        kind,
        save_all=True,
        append_images=others,
        duration=durations,
        **options,
    )
    frames = list(read(tmp_path / "0").frames())
    times = [frame.time_s for frame in frames]
    assert times == pytest.approx([0, 0.04, 0.09, 0.15, 0.22])
    assert np.array_equal([frame.luma_HW for frame in frames], FRAMES_THW)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("CMYK", "TIFF")],
)
def test_grey_in_every_mode(mode: str, kind: str, tmp_path: Path) -> None:
    grey = Image.fromarray(FRAMES_THW[0])
    image = grey.convert("RGB").convert(mode) if mode == "CMYK" else grey.convert(mode)
    image.save(tmp_path / "0", kind)
    (frame,) = read(tmp_path / "0").frames()
    assert np.abs(frame.luma_HW.astype(int) - FRAMES_THW[0]).max() <= 1
    assert frame.colour_HW is None


def test_coloured_pixels(tmp_path: Path) -> None:
    pixels = np.repeat(FRAMES_THW[0][..., None], 3, -1)
    pixels[3, 4] = 255, 0, 0
    Image.fromarray(pixels).save(tmp_path / "0", "PNG")
    (frame,) = read(tmp_path / "0").frames()
    assert frame.colour_HW is not None
    assert np.argwhere(frame.colour_HW).tolist() == [[3, 4]]
    assert frame.luma_HW[3, 4] == round(0.299 * 255)


@pytest.mark.parametrize(("bits", "dtype"), [(10, "<u2"), (12, "<u2"), (12, "<i4")])
def test_bits_that_are_used(bits: int, dtype: str, tmp_path: Path) -> None:
    wide = np.rint(FRAMES_THW[0] / 255 * (2**bits - 1)).astype(dtype)
    Image.fromarray(wide).save(tmp_path / "0", "TIFF")
    recording = read(tmp_path / "0")
    (frame,) = recording.frames()
    assert np.abs(frame.luma_HW.astype(int) - FRAMES_THW[0]).max() <= 1
    assert recording.facts["grey_levels_to"] == 2**bits - 1


def test_a_damaged_page(tmp_path: Path) -> None:
    path = save(tmp_path / "0", kind="PNG")
    path.write_bytes(path.read_bytes()[: int(0.7 * path.stat().st_size)])
    with pytest.raises(IngestError):
        list(read(path).frames())


def test_an_image_larger_than_any_screen(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "0", "PNG")
    with pytest.raises(IngestError, match="more pixels than any screen"):
        read(tmp_path / "0")
    Image.new("1", (10_000, 9_000)).save(tmp_path / "1", "PNG")
    with pytest.raises(IngestError, match="more than 64 million"):
        read(tmp_path / "1")
