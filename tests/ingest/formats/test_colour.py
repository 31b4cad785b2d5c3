"""Legend: H rows, W columns."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from insonify.core.video import Frames
from insonify.ingest.formats.colour import (
    coloured_chroma,
    coloured_picture,
    coloured_rgb,
)
from insonify.ingest.formats.dicom import read_dicom
from insonify.ingest.formats.movie import read_movie

NewDataset = Callable[..., Dataset]


def slow(pixels_HWC: Frames) -> npt.NDArray[np.bool_]:
    spread = [
        [max(pixel) - min(pixel) > 40 for pixel in row]
        for row in pixels_HWC.astype(int).tolist()
    ]
    return np.array(spread)


def doppler() -> Frames:
    """A grey picture with flow towards and away, and what is nearly grey."""
    pixels_HWC = np.full((64, 96, 3), 90, np.uint8)
    pixels_HWC[:, :, :] += (np.arange(96) // 2).astype(np.uint8)[:, None]
    pixels_HWC[16:32, 16:48] = 200, 30, 30
    pixels_HWC[40:56, 16:32] = 20, 40, 180
    pixels_HWC[40:56, 48:80] = 110, 90, 100
    return pixels_HWC


def test_rgb_as_by_the_definition() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    found_HW = coloured_rgb(noise)
    assert found_HW is not None
    assert np.array_equal(found_HW, slow(noise))
    assert coloured_rgb(doppler()[:10]) is None


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("bt709", [True, False])
def test_chroma_as_by_conversion_to_rgb(full: bool, bt709: bool) -> None:
    blue, red = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    scale = 1.0 if full else 255 / 224
    cb, cr = (blue - 128) * scale, (red - 128) * scale
    if bt709:
        rgb = 1.5748 * cr, -0.1873 * cb - 0.4681 * cr, 1.8556 * cb
    else:
        rgb = 1.402 * cr, -0.344136 * cb - 0.714136 * cr, 1.772 * cb
    spread = np.max(rgb, 0) - np.min(rgb, 0)
    found = coloured_chroma(
        blue.astype(np.uint8), red.astype(np.uint8), full=full, bt709=bt709
    )
    assert found is not None
    sure = np.abs(spread - 40) > 0.1
    assert np.array_equal(found[sure], (spread > 40)[sure])


@pytest.mark.parametrize(
    "form", ["rgb24", "bgr24", "gbrp", "yuv420p", "yuvj420p", "yuvj422p", "yuv444p"]
)
def test_decoded_pictures_of_every_kind(form: str) -> None:
    picture = av.VideoFrame.from_ndarray(doppler(), format="rgb24")
    found_HW = coloured_picture(picture.reformat(format=form), (64, 96))
    assert found_HW is not None
    assert np.array_equal(found_HW, slow(doppler()))


@pytest.mark.parametrize("form", ["gray", "yuv420p", "yuvj444p"])
def test_grey_pictures_have_no_mask(form: str) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (64, 96), dtype=np.uint8)
    picture = av.VideoFrame.from_ndarray(grey, format="gray")
    assert coloured_picture(picture.reformat(format=form), (64, 96)) is None


def test_a_movie_with_wide_pixels_has_the_mask_where_the_luma_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "0.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=25)
        stream.bit_rate = 8_000_000
        stream.pix_fmt, stream.width, stream.height = "yuv420p", 96, 64
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        for colour in (True, False):
            pixels = doppler() if colour else doppler()[:, :, :1].repeat(3, 2)
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode())
    coloured, grey = read_movie(path).frames()
    assert grey.colour_HW is None
    assert coloured.colour_HW is not None
    assert coloured.colour_HW.shape == coloured.luma_HW.shape == (64, 144)
    wide = slow(doppler())[:, np.arange(144) * 2 // 3]
    assert (coloured.colour_HW == wide).mean() > 0.97  # the codec blurs the edges


def test_rgb_and_ybr_of_dicom(dataset: NewDataset, tmp_path: Path) -> None:
    picture = av.VideoFrame.from_ndarray(doppler(), format="rgb24")
    planes = picture.reformat(format="yuvj444p").to_ndarray()
    ybr = np.moveaxis(planes, 0, -1)
    for coding, pixels in (("RGB", doppler()), ("YBR_FULL", ybr)):
        cine = dataset(pixels[None], PhotometricInterpretation=coding)
        cine.save_as(tmp_path / coding, enforce_file_format=True)
        (frame,) = read_dicom(tmp_path / coding).frames()
        assert frame.colour_HW is not None
        assert np.array_equal(frame.colour_HW, slow(doppler()))


def test_a_palette_of_dicom(dataset: NewDataset, tmp_path: Path) -> None:
    indices = np.arange(64 * 96).reshape(1, 64, 96).astype(np.uint8)
    table = np.arange(256).repeat(3).reshape(256, 3)
    table[200:, 0] = 0  # bright ones without red
    cine = dataset(indices, PhotometricInterpretation="PALETTE COLOR")
    for name, channel in (("Red", 0), ("Green", 1), ("Blue", 2)):
        setattr(cine, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        words = (table[:, channel] * 257).astype("<u2")
        setattr(cine, f"{name}PaletteColorLookupTableData", words.tobytes())
    cine.save_as(tmp_path / "0", enforce_file_format=True)
    (frame,) = read_dicom(tmp_path / "0").frames()
    assert frame.colour_HW is not None
    assert np.array_equal(frame.colour_HW, indices[0] >= 200)


def test_grey_dicom_has_no_mask(dataset: NewDataset, tmp_path: Path) -> None:
    dataset(doppler()[None, :, :, 0]).save_as(tmp_path / "0", enforce_file_format=True)
    (frame,) = read_dicom(tmp_path / "0").frames()
    assert frame.colour_HW is None
