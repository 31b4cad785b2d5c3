"""Choosing a reader, damaged files, and what DICOM headers say of pixels and times."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
)

from insonify.core.errors import ConfigError, IngestError
from insonify.core.video import Box, Frames
from insonify.ingest.formats.reading import read

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]
MakeDataset = Callable[..., Dataset]


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none(rate: float, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rate-hz"):
        read(tmp_path, rate_hz=rate)


def test_variable_frame_rate_is_kept(
    tmp_path: Path, screen: Screen, write_movie: WriteMovie
) -> None:
    stamps = [0, 1, 2, 10, 11, 30]
    path = write_movie(tmp_path / "0.mkv", screen(6), codec="ffv1", stamps=stamps)
    times = [frame.time_s for frame in read(path).frames()]
    assert times == pytest.approx([stamp / 25 for stamp in stamps], abs=2e-3)


def write_bad(kind: str, path: Path, write_movie: WriteMovie, screen: Screen) -> None:
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("Erika Example, born 1999\n" * 100)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif kind == "half a png":
        Image.fromarray(screen(1)[0]).save(path, "PNG")
        path.write_bytes(path.read_bytes()[:1500])
    elif kind == "audio only":
        with av.open(str(path), "w", format="wav") as container:
            stream: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            sound = av.AudioFrame.from_ndarray(
                np.zeros((1, 800), np.int16), layout="mono"
            )
            sound.rate = 8000
            container.mux(stream.encode(sound))
    elif kind == "no moov":
        write_movie(path.with_suffix(".0.mp4"), screen(12)).rename(path)
        path.write_bytes(path.read_bytes()[:4000])
    else:
        path.write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 400)


@pytest.mark.parametrize(
    "kind",
    ["empty", "text", "noise", "half a png", "audio only", "no moov", "DICOM rubbish"],
)
def test_a_bad_file_is_refused_without_its_name(
    kind: str, tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    path = tmp_path / "Example_Erika.mp4"
    write_bad(kind, path, write_movie, screen)
    with pytest.raises(IngestError) as caught:
        list(read(path).frames())
    assert "Erika" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("ending", ["mkv", "avi", "mpg"])
def test_a_video_cut_short_is_refused_or_kept_with_a_note(
    ending: str, tmp_path: Path, write_movie: WriteMovie, screen: Screen
) -> None:
    codec = {"mkv": "ffv1", "mpg": "mpeg2video"}.get(ending, "mpeg4")
    path = write_movie(tmp_path / f"0.{ending}", screen(60), codec=codec)
    path.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    with pytest.raises(IngestError, match="--damaged keep"):
        list(read(path).frames())
    recording = read(path, "keep")
    assert 10 < len(list(recording.frames())) < 60
    assert len(recording.notes) == 1


def test_a_dicom_cine_cut_short(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    cine = dataset(screen(12))
    jpegs = []
    for frame in screen(12):
        Image.fromarray(frame).save(tmp_path / "0.jpg", quality=90)
        jpegs.append((tmp_path / "0.jpg").read_bytes())
    jpegs[7] = jpegs[7][:300] + bytes(100)
    cine.PixelData = encapsulate(jpegs)
    cine.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    with pytest.raises(IngestError, match="7 of 12 frames decode"):
        list(read(tmp_path / "0.dcm").frames())
    recording = read(tmp_path / "0.dcm", "keep")
    assert len(list(recording.frames())) == 7
    assert recording.notes


@pytest.mark.parametrize("end", [0.6, 0.99])
def test_an_uncompressed_cine_cut_short(
    end: float, tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    path = tmp_path / "0.dcm"
    dataset(screen(12)).save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes()[: int(end * path.stat().st_size)])
    with pytest.raises(IngestError, match="--damaged keep"):
        list(read(path).frames())
    found = [frame.luma_HW for frame in read(path, "keep").frames()]
    assert np.array_equal(found, screen(12)[: int(12 * end)])


@pytest.mark.parametrize("number", [None, "Erika"])
@pytest.mark.parametrize("coding", ["MONOCHROME2", "YBR_FULL_422"])
def test_the_number_of_frames_may_be_missing(
    number: str | None, coding: str, tmp_path: Path, dataset: MakeDataset
) -> None:
    frames = np.arange(4 * 16 * 20).reshape(4, 16, 20).astype(np.uint8)
    cine = dataset(frames, PhotometricInterpretation=coding)
    if coding == "YBR_FULL_422":  # Y, Y, Cb, Cr for two pixels.
        cine.SamplesPerPixel, cine.PlanarConfiguration = 3, 0
        pairs = frames.reshape(-1, 2)
        cine.PixelData = np.hstack([pairs, np.full_like(pairs, 128)]).tobytes()
    if number is None:
        del cine.NumberOfFrames
    else:
        cine.NumberOfFrames = 4444
    path = tmp_path / "0.dcm"
    cine.save_as(path, enforce_file_format=True)
    if number is not None:
        path.write_bytes(path.read_bytes().replace(b"4444", b"Er. "))
    found = [frame.luma_HW for frame in read(path).frames()]
    assert np.array_equal(found, frames)


def test_single_bits(tmp_path: Path, dataset: MakeDataset) -> None:
    bits = np.random.default_rng(0).integers(0, 2, (3, 16, 20)).astype(np.uint8)
    cine = dataset(bits, BitsAllocated=1, BitsStored=1, HighBit=0)
    cine.PixelData = np.packbits(bits, bitorder="little").tobytes()
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    found = [frame.luma_HW for frame in read(tmp_path / "0.dcm").frames()]
    assert np.array_equal(found, bits * 255)


def test_twelve_bit_jpeg_has_no_decoder(tmp_path: Path, dataset: MakeDataset) -> None:
    cine = dataset(np.zeros((1, 16, 20), np.uint16), BitsStored=12, HighBit=11)
    cine.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    cine.PixelData = encapsulate([b"\xff\xd8" + bytes(20)])
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    with pytest.raises(IngestError, match="dcmdjpeg"):
        read(tmp_path / "0.dcm")


@pytest.mark.parametrize(
    ("coding", "expected"),
    [("RGB", 0.299 * 200 + 0.587 * 100 + 0.114 * 50), ("YBR_FULL", 200)],
)
def test_luma_of_colour(
    coding: str, expected: float, tmp_path: Path, dataset: MakeDataset
) -> None:
    pixels = np.broadcast_to(np.array([200, 100, 50], np.uint8), (2, 16, 20, 3)).copy()
    dataset(pixels, PhotometricInterpretation=coding).save_as(tmp_path / "0.dcm")
    (_, luma_HW, *_), _ = read(tmp_path / "0.dcm").frames()
    assert np.all(luma_HW == round(expected))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [0, 15, 255]),
        ({"PhotometricInterpretation": "MONOCHROME1"}, [255, 240, 0]),
        ({"BitsStored": 12, "HighBit": 11}, [0, 249, 255]),
        ({"WindowCenter": "2000", "WindowWidth": "4000"}, [0, 255, 255]),
        (
            {"WindowCenter": "500", "WindowWidth": "1000", "RescaleSlope": "0.1"},
            [0, 102, 255],
        ),
    ],
)
def test_sixteen_bits_become_eight(
    fields: dict[str, object],
    expected: list[int],
    tmp_path: Path,
    dataset: MakeDataset,
) -> None:
    pixels = np.array([[[0, 4000, 65535]]], np.uint16).repeat(2, 1)
    dataset(pixels, **fields).save_as(tmp_path / "0.dcm")
    ((_, luma_HW, *_),) = read(tmp_path / "0.dcm").frames()
    assert luma_HW[0].tolist() == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (0.05, "FrameTime")),
        ({"FrameTime": None, "CineRate": "10"}, (0.1, "CineRate")),
        (
            {"FrameTime": "0", "CineRate": "10", "RecommendedDisplayFrameRate": "8"},
            (0.125, "RecommendedDisplayFrameRate"),
        ),
        ({"FrameTime": None, "EffectiveDuration": "6"}, (2, "EffectiveDuration")),
        (
            {"FrameIncrementPointer": 0x00181065, "FrameTimeVector": [0, 40, 40]},
            (0.04, "FrameTimeVector"),
        ),
        ({"FrameTimeVector": [0, 40, 40]}, (0.05, "FrameTime")),
        ({"FrameTime": None}, (0.04, "assumed 25 frames/s")),
    ],
)
def test_precedence_of_dicom_times(
    fields: dict[str, object],
    expected: tuple[float, str],
    tmp_path: Path,
    dataset: MakeDataset,
    screen: Screen,
) -> None:
    dataset(screen(3), **fields).save_as(tmp_path / "0.dcm")
    step_s, source = expected
    recording = read(tmp_path / "0.dcm")
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx([0, step_s, 2 * step_s])
    assert recording.timing == source


def test_regions(
    tmp_path: Path, dataset: MakeDataset, region: MakeDataset, screen: Screen
) -> None:
    regions = [
        region(0, 0, 50, 50, RegionSpatialFormat=3),
        region(10, 20, 40, 60),
        region(60, 20, 201, 150),
        region(84, 31, 595, 414),
    ]
    cine = dataset(screen(3), SequenceOfUltrasoundRegions=regions)
    cine.save_as(tmp_path / "0.dcm")
    recording = read(tmp_path / "0.dcm")
    boxes = [(item.box, item.exact) for item in recording.regions]
    assert boxes == [
        (Box(20, 60, 151, 200), True),
        (Box(20, 10, 61, 41), True),
        (Box(31, 84, 176, 200), False),
    ]
    assert recording.regions[2].spacing_mm is None
    assert recording.regions[0].spacing_mm == pytest.approx((0.2, 0.2))
    assert len(recording.notes) == 3  # twice clipped; several of them


def test_a_missing_decoder_names_the_extra(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    cine = dataset(screen(1))
    cine.file_meta.TransferSyntaxUID = JPEGLSLossless
    cine.PixelData = encapsulate([b"\xff\xd8" + bytes(20)])
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    if pydicom.pixels.get_decoder(JPEGLSLossless).available_plugins:
        pytest.skip("a decoder of JPEG-LS is installed here")
    with pytest.raises(IngestError, match=r"insonify\[dicom\]"):
        read(tmp_path / "0.dcm")


def test_every_file_that_ships_with_pydicom_reads_or_is_refused() -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    taken = 0
    for path in sorted(folder.rglob("*.dcm")):
        try:
            taken += bool(list(read(path, "keep").frames()))
        except IngestError:
            continue
    assert taken > 30


@pytest.mark.parametrize("shift", [0, 8])
def test_a_palette_may_have_its_colours_in_either_byte(
    shift: int, tmp_path: Path, dataset: MakeDataset
) -> None:
    codes = np.arange(2 * 16 * 16, dtype=np.uint8).reshape(2, 16, 16)
    cine = dataset(codes, PhotometricInterpretation="PALETTE COLOR")
    table = (np.arange(256, dtype=np.uint16) << shift).astype("<u2").tobytes()
    for name in ("Red", "Green", "Blue"):
        descriptor = f"{name}PaletteColorLookupTableDescriptor"
        setattr(cine, descriptor, [256, 0, 16])
        setattr(cine, f"{name}PaletteColorLookupTableData", table)
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    found = [frame.luma_HW for frame in read(tmp_path / "0.dcm").frames()]
    assert np.array_equal(found, codes)


@pytest.mark.parametrize("images", [1, 4])
def test_fragments_without_offsets_or_a_number_of_frames(
    images: int, tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    fragments = []
    for screen_HW in screen(images):
        buffer = io.BytesIO()
        Image.fromarray(screen_HW).save(buffer, "JPEG", quality=95)
        half = buffer.tell() // 4 * 2
        fragments += [buffer.getvalue()[:half], buffer.getvalue()[half:]]
    cine = dataset(screen(images))
    cine.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    cine.PixelData = encapsulate(fragments, has_bot=False)
    del cine.NumberOfFrames
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    assert len(list(read(tmp_path / "0.dcm").frames())) == images


def test_a_box_without_a_length_is_no_endless_search(
    tmp_path: Path, dataset: MakeDataset, screen: Screen
) -> None:
    pytest.importorskip("openjpeg")
    cine = dataset(screen(1))
    cine.file_meta.TransferSyntaxUID = JPEG2000Lossless
    cine.PixelData = encapsulate([b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64)])
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    with pytest.raises(IngestError, match="0 of 1 frames decode"):
        list(read(tmp_path / "0.dcm").frames())
