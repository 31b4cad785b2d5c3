"""One contract for the readers of every format.

Legend: T frames, H rows, W columns, C colour channels.
"""

import base64
import bz2
import gzip
import importlib
import tempfile
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended

from insonify.core.video import Frames
from insonify.ingest.formats.reading import read

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]
MakeDataset = Callable[..., Dataset]


class Kind(NamedTuple):
    """How a file of a kind is written, and what is read from it."""

    write: Callable[[Path, Frames, MakeDataset], object]
    step_s: float = 0.04
    off: float = 0.0
    """Mean difference of grey levels that the codec may make."""
    needs: tuple[str, ...] = ()
    """Libraries of extras."""
    frames: int = 12


def film(ending: str, codec: str, pixels: str = "yuv420p") -> Kind:
    """A video at 25 frames a second, titled with the patient's name."""

    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        with av.open(str(path), "w", format=ending) as container:
            container.metadata["title"] = "Example^Erika MRN-4711"
            quiet = {"x265-params": "log-level=none"}
            stream: Any = container.add_stream(codec, rate=25, options=quiet)
            stream.bit_rate, stream.pix_fmt = 4_000_000, pixels
            stream.height, stream.width = frames_THW.shape[1:]
            stream.codec_context.time_base = Fraction(1, 25)
            for number, frame_HW in enumerate(frames_THW):
                picture = av.VideoFrame.from_ndarray(frame_HW, format="gray")
                picture = picture.reformat(format=pixels)
                picture.pts, picture.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(picture))
            container.mux(stream.encode())

    return Kind(write, off=0.0 if codec == "ffv1" else 6.0)


def animation(kind: str, *, off: float = 0.0, **options: Any) -> Kind:
    """Several images in a file, 50 ms each."""

    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        first, *others = map(Image.fromarray, frames_THW)
        first.save(path, kind, save_all=True, append_images=others, **options)

    return Kind(write, 0.05, off)


def still(kind: str, change: Callable[[Frames], Any] = lambda frame: frame) -> Kind:
    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        Image.fromarray(change(frames_THW[0])).save(path, kind)

    return Kind(write, frames=1)


def metaimage(*, packed: bool = False, apart: bool = False) -> Kind:
    """A sequence as PLUS writes it."""

    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        count, height, width = frames_THW.shape
        data = frames_THW.tobytes()
        data = zlib.compress(data) if packed else data
        lines = [
            *("ObjectType = Image", "NDims = 3", f"DimSize = {width} {height} {count}"),
            *("ElementType = MET_UCHAR", f"CompressedData = {packed}"),
            *("Kinds = domain domain list", "ElementSpacing = 0.2 0.1 1"),
            *("UltrasoundImageOrientation = MFA", "UltrasoundImageType = BRIGHTNESS"),
            "Operator = Erika 4711 1999",
        ]
        for number in range(count):
            lines.append(f"Seq_Frame{number:04}_Timestamp = {1999 + number / 20:.3f}")
            lines.append(f"Seq_Frame{number:04}_ImageStatus = OK")
        beside = path.with_name("Erika 4711.raw")
        lines.append(f"ElementDataFile = {beside.name if apart else 'LOCAL'}")
        header = ("\n".join(lines) + "\n").encode()
        path.write_bytes(header if apart else header + data)
        if apart:
            beside.write_bytes(data)

    return Kind(write, 0.05)


def nrrd(encoding: str, *, list_first: bool = False, apart: bool = False) -> Kind:
    """A sequence as 3D Slicer writes it, now or before 2021 with the list first."""

    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        count, height, width = frames_THW.shape
        plane, axis = [width, height, 1], 0 if list_first else 3
        sizes = [count, *plane] if list_first else [*plane, count]
        kinds = ["domain"] * 3
        kinds.insert(axis, "list")
        numbers = frames_THW.transpose(1, 2, 0) if list_first else frames_THW
        pack: Any = {"gzip": gzip.compress, "bzip2": bz2.compress, "raw": bytes}[
            encoding
        ]
        times = " ".join(f"{1999 + number / 20:.3f}" for number in range(count))
        lines = [
            *("NRRD0005", "# Erika", "type: uchar", "dimension: 4"),
            *(f"sizes: {' '.join(map(str, sizes))}", f"kinds: {' '.join(kinds)}"),
            *(f"encoding: {encoding}", f"axis {axis} index type:=numeric"),
            *(f"axis {axis} index values:={times}", "PatientName:=Erika 4711"),
            *(["data file: Erika.raw"] if apart else []),
        ]
        header = ("\n".join(lines) + "\n\n").encode()
        data = pack(numbers.tobytes())
        path.write_bytes(header if apart else header + data)
        if apart:
            path.with_name("Erika.raw").write_bytes(data)

    return Kind(write, 0.05)


def nifti(*, packed: bool = False) -> Kind:
    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        nibabel = importlib.import_module("nibabel")
        image = nibabel.Nifti1Image(frames_THW.T[:, :, None], np.eye(4))
        image.header.set_zooms((0.2, 0.1, 1, 50))
        image.header.set_xyzt_units("mm", "msec")
        image.header["descrip"] = b"Erika 4711 1999"
        data = image.to_bytes()
        path.write_bytes(gzip.compress(data) if packed else data)

    return Kind(write, 0.05, needs=("nibabel",))


def numpy_file(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
    with path.open("wb") as file:
        np.save(file, frames_THW)


def numpy_archive(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
    times_s = 1999 + np.arange(12) / 20
    with path.open("wb") as file:
        np.savez_compressed(file, Erika_4711=frames_THW, times_s=times_s)


def hdf5(name: str, *, ge: bool = False) -> Kind:
    """A dataset of frames; GE's axes are columns, rows, time."""

    def write(path: Path, frames_THW: Frames, _: MakeDataset) -> None:
        with importlib.import_module("h5py").File(path, "w") as file:
            file.attrs["patient"] = "Erika 4711"
            file[name] = frames_THW.T if ge else frames_THW
            file[name.rpartition("/")[0] + "/times"] = 1999 + np.arange(12) / 20

    return Kind(write, 0.05, needs=("h5py",))


Change = Callable[[Dataset, Frames], object]


def dicom(
    change: Change, off: float = 0.0, step_s: float = 0.05, needs: tuple[str, ...] = ()
) -> Kind:
    """An ultrasound cine of 8 bits, changed before it is saved."""

    def write(path: Path, frames_THW: Frames, dataset: MakeDataset) -> None:
        cine = dataset(frames_THW)
        change(cine, frames_THW)
        cine.save_as(path, enforce_file_format=True)

    return Kind(write, step_s, off, needs)


def headerless(path: Path, frames_THW: Frames, dataset: MakeDataset) -> None:
    cine = dataset(frames_THW)
    del cine.file_meta
    cine.save_as(path, implicit_vr=True, little_endian=True)


def syntax(name: str, **options: Any) -> Change:
    """Compressed by pydicom."""
    return lambda cine, _: cine.compress(getattr(uid, name), **options)


def plain(name: str) -> Change:
    def change(cine: Dataset, _: Frames) -> None:
        cine.file_meta.TransferSyntaxUID = getattr(uid, name)

    return change


def words(bits: int, *, big: bool = False) -> Change:
    """As many bits as told, in words of 16."""

    def change(cine: Dataset, frames_THW: Frames) -> None:
        wide = np.rint(frames_THW * ((2**bits - 1) / 255)).astype(
            ">u2" if big else "<u2"
        )
        cine.BitsAllocated, cine.BitsStored, cine.HighBit = 16, bits, bits - 1
        cine.PixelData = wide.tobytes()
        if big:
            cine.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
            cine["PixelData"].VR = "OW"

    return change


def colour(coding: str, planar: int = 0) -> Change:
    """Grey written as colour."""

    def change(cine: Dataset, frames_THW: Frames) -> None:
        cine.SamplesPerPixel, cine.PhotometricInterpretation = 3, coding
        cine.PlanarConfiguration = planar
        other = frames_THW if coding == "RGB" else np.full_like(frames_THW, 128)
        pixels = np.stack([frames_THW, other, other], 1 if planar else -1)
        if coding == "YBR_FULL_422":  # Y, Y, Cb, Cr for two pixels.
            pairs = frames_THW.reshape(-1, 2)
            pixels = np.hstack([pairs, np.full_like(pairs, 128)])
        cine.PixelData = pixels.tobytes()

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(cine: Dataset, frames_THW: Frames) -> None:
        for each in changes:
            each(cine, frames_THW)

    return change


def reversible(cine: Dataset, _: Frames) -> None:
    """JPEG 2000's own transform of colours."""
    cine.PhotometricInterpretation = "YBR_RCT"


def palette(cine: Dataset, frames_THW: Frames) -> None:
    cine.PhotometricInterpretation = "PALETTE COLOR"
    for name in ("Red", "Green", "Blue"):
        setattr(cine, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = (np.arange(255, -1, -1).astype("<u2") * 257).tobytes()
        setattr(cine, f"{name}PaletteColorLookupTableData", table)
    cine.PixelData = (255 - frames_THW).tobytes()


def inverse(cine: Dataset, frames_THW: Frames) -> None:
    cine.PhotometricInterpretation = "MONOCHROME1"
    cine.PixelData = (255 - frames_THW).tobytes()


def jpegs(frames_THW: Frames, mode: str = "L") -> Iterator[bytes]:
    for frame_HW in frames_THW:
        with tempfile.SpooledTemporaryFile() as file:
            Image.fromarray(frame_HW).convert(mode).save(file, "JPEG", quality=95)
            file.seek(0)
            yield file.read()


def baseline(**options: Any) -> Change:
    """JPEG, its fragments and offset table as told."""

    def change(cine: Dataset, frames_THW: Frames) -> None:
        cine.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        cine.PixelData = encapsulate(list(jpegs(frames_THW)), **options)

    return change


def extended(cine: Dataset, frames_THW: Frames) -> None:
    cine.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
    data, offsets, lengths = encapsulate_extended(list(jpegs(frames_THW)))
    cine.PixelData = data
    cine.ExtendedOffsetTable, cine.ExtendedOffsetTableLengths = offsets, lengths


def colour_jpeg(cine: Dataset, frames_THW: Frames) -> None:
    cine.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
    cine.SamplesPerPixel, cine.PlanarConfiguration = 3, 0
    cine.PhotometricInterpretation = "YBR_FULL_422"
    cine.PixelData = encapsulate(list(jpegs(frames_THW, "RGB")))


def by_gdcm(name: str, before: Change = lambda *_: None) -> Kind:
    """Compressed by gdcm, which writes what pydicom cannot."""

    def write(path: Path, frames_THW: Frames, dataset: MakeDataset) -> None:
        dicom(before).write(path, frames_THW, dataset)
        gdcm = importlib.import_module("gdcm")
        reader, change = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax()
        reader.SetFileName(str(path))
        assert reader.Read()
        code = gdcm.TransferSyntax.GetTSType(getattr(uid, name))
        change.SetTransferSyntax(gdcm.TransferSyntax(code))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()

    return Kind(write, 0.05, needs=("gdcm",))


def movie_in_dicom(name: str, movie: Kind, pieces: int = 1) -> Kind:
    """A video as the fragments of one frame."""

    def write(path: Path, frames_THW: Frames, dataset: MakeDataset) -> None:
        movie.write(path, frames_THW, dataset)
        cine = dataset(frames_THW, FrameTime="40")
        cine.PixelData = encapsulate([path.read_bytes()], fragments_per_frame=pieces)
        cine.file_meta.TransferSyntaxUID = getattr(uid, name)
        cine.save_as(path, enforce_file_format=True)

    return movie._replace(write=write)


_RAMP = (
    "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABBwEB/1AACAACAAAAAv9SAAwAAgAB"
    "AAUEBEAB/1wAEyBIUFBQUFBQUFBQUFBQSEhI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAHcA"
    "Af+TwCXpAId0AMASgIgBB3QAwBHAEwAXcwCiogBCNADAE0AVAKL4gAt0AFAI+gDkd1UAwBPAFYAAANinwnUA"
    "pjHGmOAA9gAB7LgAwCqgFpCqqvPwKenp4ngAEAAAAAAA/v8cnv3ye/fJ7LsA/9k="
)
_J2K, _JLS = ("openjpeg", "pylibjpeg"), ("jpeg_ls",)
KINDS = {
    "mp4": film("mp4", "mpeg4"),
    "avi": film("avi", "mpeg4"),
    "mpg": film("vob", "mpeg2video"),
    "mpeg-ts": film("mpegts", "mpeg2video"),
    "mkv": film("matroska", "ffv1", "gray"),
    "mov": film("mov", "libx264"),
    "wmv": film("asf", "wmv2"),
    "webm": film("webm", "libvpx-vp9"),
    "gif": animation("GIF", duration=50, off=1.0),
    "png animation": animation("PNG", duration=50),
    "webp animation": animation("WEBP", duration=50, lossless=True),
    "avif animation": animation("AVIF", duration=50, quality=90, off=6.0),
    "ImageJ": animation(
        "TIFF", description="ImageJ=1.54\nimages=12\nframes=12\nfinterval=0.05\nfps=7\n"
    ),
    "png": still("PNG"),
    "tiff of 16 bits": still("TIFF", lambda frame: frame.astype(np.uint16) * 257),
    "tiff of floats": still("TIFF", lambda frame: frame.astype(np.float32) / 255),
    "mha": metaimage(),
    "mha, packed": metaimage(packed=True),
    "mhd": metaimage(apart=True),
    "mhd, packed": metaimage(apart=True, packed=True),
    "nrrd": nrrd("raw"),
    "nrrd, gzip": nrrd("gzip"),
    "nrrd, bzip2": nrrd("bzip2"),
    "nrrd, list first": nrrd("raw", list_first=True),
    "nrrd, gzip, list first": nrrd("gzip", list_first=True),
    "nhdr": nrrd("gzip", apart=True),
    "nifti": nifti(),
    "nifti, packed": nifti(packed=True),
    "npy": Kind(numpy_file),
    "npz": Kind(numpy_archive, 0.05),
    "hdf5": hdf5("Erika_4711/sweep"),
    "hdf5 of GE": hdf5("tissue/data", ge=True),
    "dicom": dicom(lambda *_: None),
    "headerless": Kind(headerless, 0.05),
    "implicit": dicom(plain("ImplicitVRLittleEndian")),
    "deflated": dicom(plain("DeflatedExplicitVRLittleEndian")),
    "big endian words": dicom(words(16, big=True)),
    "words": dicom(words(16)),
    "10 bits": dicom(words(10), off=1.0),
    "12 bits": dicom(words(12), off=1.0),
    "MONOCHROME1": dicom(inverse),
    "palette": dicom(palette),
    "RGB": dicom(colour("RGB")),
    "RGB by planes": dicom(colour("RGB", planar=1)),
    "YBR_FULL": dicom(colour("YBR_FULL")),
    "YBR_FULL_422": dicom(colour("YBR_FULL_422")),
    "RLE": dicom(syntax("RLELossless")),
    "JPEG": dicom(baseline(), off=2.0),
    "JPEG in colour": dicom(colour_jpeg, off=2.0),
    "JPEG without offsets": dicom(baseline(has_bot=False), off=2.0),
    "JPEG in fragments": dicom(baseline(fragments_per_frame=3), off=2.0),
    "JPEG in fragments without offsets": dicom(
        baseline(fragments_per_frame=3, has_bot=False), off=2.0
    ),
    "JPEG, extended offsets": dicom(extended, off=2.0),
    "JPEG Lossless": by_gdcm("JPEGLossless"),
    "JPEG Lossless SV1": by_gdcm("JPEGLosslessSV1"),
    "JPEG Lossless SV1, words": by_gdcm("JPEGLosslessSV1", words(16)),
    "JPEG-LS": dicom(syntax("JPEGLSLossless"), needs=_JLS),
    "JPEG-LS, near": dicom(
        syntax("JPEGLSNearLossless", jls_error=2), off=2.0, needs=_JLS
    ),
    "JPEG 2000 Lossless": dicom(syntax("JPEG2000Lossless"), needs=_J2K),
    "JPEG 2000": dicom(syntax("JPEG2000", j2k_cr=[5]), off=3.0, needs=_J2K),
    "RLE in colour": dicom(both(colour("RGB"), syntax("RLELossless"))),
    "JPEG-LS in colour": dicom(
        both(colour("RGB"), syntax("JPEGLSLossless")), needs=_JLS
    ),
    "JPEG 2000 in colour": dicom(
        both(colour("RGB"), reversible, syntax("JPEG2000Lossless")), needs=_J2K
    ),
    "JPEG Lossless in colour": by_gdcm("JPEGLosslessSV1", colour("RGB")),
    "MPEG-2": movie_in_dicom("MPEG2MPML", film("mpegts", "mpeg2video")),
    "MPEG-2, bare": movie_in_dicom("MPEG2MPML", film("mpeg2video", "mpeg2video")),
    "H.264": movie_in_dicom("MPEG4HP41", film("mp4", "libx264")),
    "H.264, bare, in fragments": movie_in_dicom(
        "MPEG4HP41F", film("h264", "libx264"), 3
    ),
    "HEVC": movie_in_dicom("HEVCMP51", film("mp4", "libx265")),
}


@pytest.mark.parametrize("name", KINDS)
def test_contract_of_readers(
    name: str, tmp_path: Path, screen: Screen, dataset: MakeDataset
) -> None:
    kind = KINDS[name]
    for library in kind.needs:
        pytest.importorskip(library)
    path = tmp_path / "Example_Erika.bin"
    kind.write(path, screen(12), dataset)
    recording = read(path)
    frames = list(recording.frames())
    assert len(frames) == kind.frames
    times = [frame.time_s for frame in frames]
    assert times == pytest.approx(np.arange(kind.frames) * kind.step_s, abs=2e-3)
    for frame, truth_HW in zip(frames, screen(12), strict=False):
        luma_HW = frame.luma_HW
        assert luma_HW.dtype == np.uint8
        assert luma_HW.shape == recording.shape_HW == truth_HW.shape
        assert np.abs(luma_HW.astype(float) - truth_HW).mean() <= kind.off
        assert frame.colour_HW is None or not frame.colour_HW.any()
    again = list(recording.frames())
    assert all(
        one[0] == two[0] and np.array_equal(one[1], two[1])
        for one, two in zip(frames, again, strict=True)
    )
    told = repr((recording.facts, recording.notes, recording.container))
    assert not any(name in told for name in ("Erika", "4711", "1999"))


@pytest.mark.parametrize(
    "name",
    [
        *("1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.6"),  # retired
        "UltrasoundImageStorage",
        "MultiFrameSingleBitSecondaryCaptureImageStorage",
        "MultiFrameGrayscaleByteSecondaryCaptureImageStorage",
        "MultiFrameGrayscaleWordSecondaryCaptureImageStorage",
        "MultiFrameTrueColorSecondaryCaptureImageStorage",
        *("SecondaryCaptureImageStorage", "VideoEndoscopicImageStorage"),
        *("VideoMicroscopicImageStorage", "VideoPhotographicImageStorage"),
        *("VLEndoscopicImageStorage", "1.2.3"),
    ],
)
def test_the_sop_class_says_nothing_of_frames(
    name: str, tmp_path: Path, screen: Screen, dataset: MakeDataset
) -> None:
    cine = dataset(screen(3), SOPClassUID=getattr(uid, name, name))
    cine.file_meta.MediaStorageSOPClassUID = cine.SOPClassUID
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    found = [frame.luma_HW for frame in read(tmp_path / "0.dcm").frames()]
    assert np.array_equal(found, screen(3))


@pytest.mark.parametrize("name", ["HTJ2KLossless", "HTJ2KLosslessRPCL", "HTJ2K"])
def test_high_throughput_jpeg_2000(
    name: str, tmp_path: Path, dataset: MakeDataset
) -> None:
    """Made by OpenJPH, as no extra brings an encoder."""
    pytest.importorskip("openjpeg")
    ramp_HW = np.add.outer(np.arange(16) * 9, np.arange(24) * 4).astype(np.uint8)
    cine = dataset(np.stack([ramp_HW, ramp_HW]))
    cine.file_meta.TransferSyntaxUID = getattr(uid, name)
    cine.PixelData = encapsulate([base64.b64decode(_RAMP)] * 2)
    cine.save_as(tmp_path / "0.dcm", enforce_file_format=True)
    found = [frame.luma_HW for frame in read(tmp_path / "0.dcm").frames()]
    assert np.array_equal(found, [ramp_HW, ramp_HW])
