"""Small healthy files of every kind that ingest reads; none is kept in git."""

import gzip
import importlib.util
import io
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pydicom.uid
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from insonify.core.video import Frames
from tests.ingest.conftest import dataset, region, screen, write_movie


def small_THW() -> Frames:
    """Six frames of 48 x 64 pixels."""
    return screen(6)[:, 60:108, 70:134].copy()


def _movie(ending: str, codec: Literal["mpeg4", "mpeg2video", "ffv1"]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = write_movie(Path(folder) / f"0.{ending}", small_THW(), codec=codec)
        return path.read_bytes()


def _images(kind: str, **options: Any) -> bytes:
    first, *rest = map(Image.fromarray, small_THW())
    if kind in ("GIF", "WEBP"):
        options = {"save_all": True, "append_images": rest, "duration": 50}
    written = io.BytesIO()
    first.save(written, kind, **options)
    return written.getvalue()


def _tiff() -> bytes:
    written = io.BytesIO()
    Image.fromarray(small_THW()[0].astype(np.uint16) * 257).save(
        written, "TIFF", compression="tiff_lzw"
    )
    return written.getvalue()


def dicom_file(data: Dataset, **options: Any) -> bytes:
    """The content of a file; options are those of `Dataset.save_as`."""
    written = io.BytesIO()
    data.save_as(written, **(options or {"enforce_file_format": True}))
    return written.getvalue()


def _cine(syntax: str, fragments: list[bytes] | None = None, **fields: Any) -> bytes:
    """A cine with regions, in a transfer syntax that is named."""
    regions = [region(4, 4, 60, 44), region(0, 0, 9, 9, RegionSpatialFormat=3)]
    data = dataset(small_THW(), SequenceOfUltrasoundRegions=regions, **fields)
    data.file_meta.TransferSyntaxUID = getattr(pydicom.uid, syntax)
    if fragments is not None:
        data.PixelData = encapsulate(fragments)
    return dicom_file(data)


def _coded(kind: str) -> list[bytes]:
    """Each frame as an image of its own."""
    files = [io.BytesIO() for _ in small_THW()]
    for file, frame_HW in zip(files, small_THW(), strict=True):
        Image.fromarray(frame_HW).save(file, kind)
    return [file.getvalue() for file in files]


def _compressed(syntax: str) -> bytes:
    """A cine that pydicom compresses."""
    data = dataset(small_THW())
    data.compress(getattr(pydicom.uid, syntax))
    return dicom_file(data)


def _headerless() -> bytes:
    data = dataset(small_THW())
    del data.file_meta
    return dicom_file(data, implicit_vr=True, little_endian=True)


def _palette() -> bytes:
    data = dataset(small_THW(), PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTable"
        setattr(data, f"{name}Descriptor", [256, 0, 16])
        table = np.arange(0, 2**16, 257, dtype="<u2").tobytes()
        setattr(data, f"{name}Data", table)
    return dicom_file(data)


def _mha() -> bytes:
    count, height, width = small_THW().shape
    stamps = "".join(
        f"Seq_Frame{t:04}_Timestamp = {t / 20}\nSeq_Frame{t:04}_ImageStatus = OK\n"
        for t in range(count)
    )
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = False\n"
        f"DimSize = {width} {height} {count}\nElementSpacing = 0.2 0.2 1\n"
        "UltrasoundImageOrientation = MF\nUltrasoundImageType = BRIGHTNESS\n"
        f"{stamps}ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    return head.encode() + small_THW().tobytes()


def _nrrd(encoding: str) -> bytes:
    count, height, width = small_THW().shape
    head = (
        "NRRD0004\ntype: unsigned char\ndimension: 3\nspace: left-posterior-superior\n"
        f"sizes: {width} {height} {count}\nkinds: domain domain list\n"
        "space directions: (0.2,0,0) (0,0.2,0) none\nspace origin: (0,0,0)\n"
        f"encoding: {encoding}\n\n"
    )
    content = small_THW().tobytes()
    return head.encode() + (gzip.compress(content) if encoding == "gzip" else content)


def _nifti() -> bytes:
    nibabel: Any = importlib.import_module("nibabel")
    image = nibabel.Nifti1Image(small_THW().T[:, :, None], np.eye(4))
    image.header.set_xyzt_units("mm", "sec")
    content: bytes = image.to_bytes()
    return content


def _npy() -> bytes:
    written = io.BytesIO()
    np.save(written, small_THW())
    return written.getvalue()


def _npz() -> bytes:
    written = io.BytesIO()
    np.savez_compressed(written, frames=small_THW(), times_s=np.arange(6) / 20)
    return written.getvalue()


def _hdf5() -> bytes:
    h5py: Any = importlib.import_module("h5py")
    written = io.BytesIO()
    with h5py.File(written, "w") as file:
        chunks = (1, *small_THW().shape[1:])
        file.create_dataset(
            "frames", data=small_THW(), chunks=chunks, compression="gzip"
        )
    return written.getvalue()


_WRITERS: Final[dict[str, Callable[[], bytes]]] = {
    "mp4": lambda: _movie("mp4", "mpeg4"),
    "avi": lambda: _movie("avi", "mpeg4"),
    "mpg": lambda: _movie("mpg", "mpeg2video"),
    "mkv": lambda: _movie("mkv", "ffv1"),
    "gif": lambda: _images("GIF"),
    "webp": lambda: _images("WEBP"),
    "png": lambda: _images("PNG"),
    "jpeg": lambda: _images("JPEG"),
    "bmp": lambda: _images("BMP"),
    "tiff": _tiff,
    "dicom": lambda: _cine("ExplicitVRLittleEndian"),
    "dicom-headerless": _headerless,
    "dicom-palette": _palette,
    "dicom-deflated": lambda: _cine("DeflatedExplicitVRLittleEndian"),
    "dicom-rle": lambda: _compressed("RLELossless"),
    "dicom-jpegls": lambda: _compressed("JPEGLSLossless"),
    "dicom-jpeg": lambda: _cine("JPEGBaseline8Bit", _coded("JPEG")),
    "dicom-jpeg2000": lambda: _cine("JPEG2000Lossless", _coded("JPEG2000")),
    "dicom-mpeg4": lambda: _cine("MPEG4HP41", [_movie("mp4", "mpeg4")]),
    "mha": _mha,
    "nrrd": lambda: _nrrd("raw"),
    "nrrd-gzip": lambda: _nrrd("gzip"),
    "nifti": _nifti,
    "nifti-gzip": lambda: gzip.compress(_nifti(), mtime=0),
    "npy": _npy,
    "npz": _npz,
    "hdf5": _hdf5,
}
"""A healthy file of each kind; a new reader joins with a line."""

_NEEDS: Final = {
    "dicom-jpegls": "jpeg_ls",
    "nifti": "nibabel",
    "nifti-gzip": "nibabel",
    "hdf5": "h5py",
}

KINDS: Final = tuple(
    kind for kind in _WRITERS if importlib.util.find_spec(_NEEDS.get(kind, "numpy"))
)


@cache
def healthy(kind: str) -> bytes:
    """The content of a small healthy file, of six frames or one."""
    return _WRITERS[kind]()
