"""Files in the forms that scanners and screen grabbers leave: mp4 and DICOM.

Legend: H rows, W columns, T frames.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEGBaseline8Bit,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

from insonify.core.video import Box, Frames

_CODEC: Literal["libx264", "mpeg4"] = (
    "libx264" if "libx264" in av.codecs_available else "mpeg4"
)
_X264: dict[str, object] = {
    "preset": "veryfast",
    "crf": "19",
    "x264-params": "mbtree=0",
}
"""Without ``mbtree=0`` 7 of 150 encodings of the same frames differed by some bytes."""
_QUALITY = 92
MARK = {
    "title": "Synthetic ultrasound",
    "comment": "Drawn by `insonify phantom`: synthetic, of no patient",
}
"""What an mp4 says of itself, for whoever finds one; `insonify ingest` reads none."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a DICOM cine says of itself; all of it made up.

    Attributes:
        subject: Patient identifier.
        exam: Identifies the study.
        number: Number of the cine within the study.
        fps: Frames a second.
        box: Where the image is within the frame.
        mm_per_px: Size of the image's square pixels.
        photometric: ``MONOCHROME2`` or ``YBR_FULL_422``.
        maker: Manufacturer.
    """

    subject: str
    exam: str
    number: int
    fps: float
    box: Box
    mm_per_px: float
    photometric: str
    maker: str


def write_movie(path: Path, frames: Iterable[Frames], fps: float) -> None:
    """Write RGB frames (H, W, 3), both sides even, as mp4 that is marked as synthetic.

    H.264 where PyAV has libx264, MPEG-4 part 2 elsewhere. One thread, so that the same
    frames give the same bytes.
    """
    with av.open(str(path), "w") as container:
        container.metadata.update(MARK)
        stream = container.add_stream(
            _CODEC, rate=Fraction(fps).limit_denominator(1001)
        )
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if _CODEC == "libx264":
            stream.options = _X264
        for number, frame_HW3 in enumerate(frames):
            if number == 0:
                stream.height, stream.width = frame_HW3.shape[:2]
            picture = av.VideoFrame.from_ndarray(frame_HW3, format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def write_cine(path: Path, frames: Iterable[Frames], header: Header) -> None:
    """Write RGB frames (H, W, 3) as a JPEG baseline ultrasound multi-frame DICOM."""
    grey = header.photometric == "MONOCHROME2"
    cells, shape = [], (0, 0)
    for frame_HW3 in frames:
        shape = frame_HW3.shape[:2]
        cells.append(_jpeg(frame_HW3[:, :, 0] if grey else frame_HW3))
    cine = _dataset(header)
    cine.Rows, cine.Columns = shape
    cine.NumberOfFrames = len(cells)
    cine.SamplesPerPixel = 1 if grey else 3
    if not grey:
        cine.PlanarConfiguration = 0
    cine.PixelData = encapsulate(cells)
    cine.save_as(path, enforce_file_format=True)


def _jpeg(frame: Frames) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(frame)).save(
        buffer, "JPEG", quality=_QUALITY, subsampling=1
    )
    return buffer.getvalue()


def _dataset(header: Header) -> Dataset:
    sources = [header.subject, header.exam, str(header.number)]
    cine = Dataset()
    cine.file_meta = FileMetaDataset()
    cine.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    cine.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
    cine.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=sources)
    cine.SOPClassUID = UltrasoundMultiFrameImageStorage
    cine.SOPInstanceUID = cine.file_meta.MediaStorageSOPInstanceUID
    cine.StudyInstanceUID = generate_uid(entropy_srcs=sources[:2])
    cine.SeriesInstanceUID = generate_uid(entropy_srcs=[*sources[:2], "series"])
    cine.PatientName, cine.PatientID = "PHANTOM^SYNTHETIC", header.subject
    cine.StudyID, cine.InstanceNumber = header.exam, header.number
    cine.StudyDate, cine.StudyTime = "20200101", "100000"
    cine.Modality, cine.Manufacturer = "US", header.maker
    cine.ImageType = ["DERIVED", "PRIMARY", "OB", "0001"]
    cine.PhotometricInterpretation = header.photometric
    cine.BitsAllocated = cine.BitsStored = 8
    cine.HighBit, cine.PixelRepresentation = 7, 0
    cine.FrameTime = f"{1000 / header.fps:.6g}"
    cine.FrameIncrementPointer = 0x00181063  # FrameTime
    cine.LossyImageCompression = "01"
    cine.SequenceOfUltrasoundRegions = [_region(header)]
    return cine


def _region(header: Header) -> Dataset:
    """The 2D tissue region: format 1, data type 1, deltas in centimetres (unit 3)."""
    region = Dataset()
    region.RegionSpatialFormat = 1
    region.RegionDataType = 1
    region.RegionFlags = 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = (
        header.box.left,
        header.box.top,
    )
    region.RegionLocationMaxX1 = header.box.right - 1
    region.RegionLocationMaxY1 = header.box.bottom - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = header.mm_per_px / 10
    return region
