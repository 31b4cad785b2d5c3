"""Small files of every kind, with an image that moves and a text bar above it.

Legend: T frames, H rows, W columns.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)
from scipy import ndimage

from insonify.core.video import Frames, Video
from insonify.ingest.clean import CleanOptions, Names, views
from insonify.ingest.recording import Recording

NAME = "Example^Erika"
PATIENT = "MRN-4711"


def fan_mask(shape: tuple[int, int] = (176, 200)) -> npt.NDArray[np.bool_]:
    """A sector: 30 degrees to each side of the vertical, below a curved probe."""
    rows_HW, columns_HW = np.mgrid[: shape[0], : shape[1]]
    down, across = rows_HW - 10.0, columns_HW - 100.0
    radius = np.hypot(down, across)
    inside = (radius > 40) & (radius < 150) & (np.abs(across) < 0.7 * down)
    return np.asarray(inside)


def screen(frames: int = 24, seed: int = 0, drift: int = 2) -> Frames:
    """A drifting texture in a fan, a bright text bar above it: (T, 176, 200)."""
    generator = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(generator.normal(size=(352, 400)), 2.5, mode="wrap")
    field = 110 + 50 * field / field.std()
    mask_HW = fan_mask()
    screens = np.zeros((frames, *mask_HW.shape), np.uint8)
    for time in range(frames):
        rolled = np.roll(field, (drift * time, time), (0, 1))[:176, :200]
        screens[time] = np.where(mask_HW, rolled.clip(20, 255), 0)
    screens[:, 4:14, 10:190:3] = 230
    return screens


def write_movie(
    path: Path,
    frames_THW: Iterable[Frames],
    *,
    codec: Literal["mpeg4", "mpeg2video", "ffv1", "rawvideo"] = "mpeg4",
    stamps: Iterable[int] | None = None,
) -> Path:
    """Write frames at 25 a second, titled with the patient's name."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        container.metadata["title"] = f"{NAME} {PATIENT}"
        stream: Any = container.add_stream(codec, rate=25)
        stream.bit_rate = 4_000_000
        stream.pix_fmt = "gray" if codec == "ffv1" else "yuv420p"
        frames = list(frames_THW)
        stream.height, stream.width = frames[0].shape
        stream.codec_context.time_base = Fraction(1, 25)
        for stamp, frame_HW in zip(stamps or range(len(frames)), frames, strict=True):
            picture = av.VideoFrame.from_ndarray(frame_HW, format="gray")
            picture = picture.reformat(format=stream.pix_fmt)
            picture.pts, picture.time_base = stamp, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def dataset(frames_THW: Frames, **fields: object) -> Dataset:
    """An uncompressed ultrasound cine at 20 frames a second."""
    cine = Dataset()
    cine.file_meta = FileMetaDataset()
    cine.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    cine.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    cine.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    cine.SOPClassUID = UltrasoundMultiFrameImageStorage
    cine.SOPInstanceUID = cine.file_meta.MediaStorageSOPInstanceUID
    cine.PatientName, cine.PatientID = NAME, PATIENT
    cine.StudyInstanceUID, cine.StudyDate = "1.2.3.4711", "19991231"
    cine.Modality = "US"
    cine.NumberOfFrames, cine.Rows, cine.Columns = frames_THW.shape[:3]
    cine.SamplesPerPixel = 1 if frames_THW.ndim == 3 else frames_THW.shape[3]
    cine.PhotometricInterpretation = "MONOCHROME2"
    if cine.SamplesPerPixel > 1:
        cine.PlanarConfiguration = 0
    cine.BitsAllocated = cine.BitsStored = 8 * frames_THW.dtype.itemsize
    cine.HighBit, cine.PixelRepresentation = cine.BitsStored - 1, 0
    cine.FrameTime, cine.FrameIncrementPointer = "50", 0x00181063
    for name, value in fields.items():
        setattr(cine, name, value)
    cine.PixelData = frames_THW.tobytes()
    return cine


def region(left: int, top: int, right: int, bottom: int, **fields: object) -> Dataset:
    """A 2-D tissue region of 0.2 mm pixels; ends are inclusive."""
    item = Dataset()
    item.RegionSpatialFormat = item.RegionDataType = 1
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX = item.PhysicalDeltaY = 0.02
    for name, value in fields.items():
        setattr(item, name, value)
    return item


def cleaned(recording: Recording, options: CleanOptions | None = None) -> Video:
    """The only view of a short recording, with its facts."""
    (view,) = views(recording, options or CleanOptions(), Path("0"))
    (part,) = view.parts(Names(subject="s-1", exam="e-1", video="v-1"))
    return replace(part, facts=view.facts)


@pytest.fixture(name="cleaned")
def give_cleaned() -> Callable[..., Video]:
    return cleaned


@pytest.fixture(name="fan_mask")
def give_fan_mask() -> Callable[..., npt.NDArray[np.bool_]]:
    return fan_mask


@pytest.fixture(name="screen")
def give_screen() -> Callable[..., Frames]:
    return screen


@pytest.fixture(name="write_movie")
def give_write_movie() -> Callable[..., Path]:
    return write_movie


@pytest.fixture(name="dataset")
def give_dataset() -> Callable[..., Dataset]:
    return dataset


@pytest.fixture(name="region")
def give_region() -> Callable[..., Dataset]:
    return region
