"""HDF5: which dataset is taken, how it lies, and what is not followed.

Legend: T frames, H rows, W columns.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.ingest.formats import hdf5 as hdf5_reader
from insonify.ingest.formats.reading import read

h5py: Any = pytest.importorskip("h5py")

FRAMES_THW = np.random.default_rng(0).integers(0, 256, (5, 20, 24)).astype(np.uint8)


def luma(path: Path) -> Any:
    return np.stack([frame.luma_HW for frame in read(path).frames()])


@pytest.mark.parametrize("step", [1, 3 * 480, 10**9])
@pytest.mark.parametrize("ge", [False, True])
def test_frames_in_blocks(
    step: int, ge: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_reader, "_BLOCK", step)
    with h5py.File(tmp_path / "0", "w") as file:
        numbers = FRAMES_THW.T if ge else FRAMES_THW
        file.create_dataset(
            "tissue/data", data=numbers, chunks=True, compression="gzip"
        )
        file["tissue/times"] = np.arange(5) / 30
    assert np.array_equal(luma(tmp_path / "0"), FRAMES_THW)


@pytest.mark.parametrize("colour", [False, True])
def test_matlab(colour: bool, tmp_path: Path) -> None:
    """MATLAB writes its (H, W, T) or (H, W, 3, T) in reverse."""
    numbers = FRAMES_THW.swapaxes(1, 2)
    numbers = np.repeat(numbers[:, None], 3, 1) if colour else numbers
    with h5py.File(tmp_path / "0", "w", userblock_size=512) as file:
        file["sweep"] = numbers
    with (tmp_path / "0").open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Created on: 1999, Erika")
    assert np.array_equal(luma(tmp_path / "0"), FRAMES_THW)


@pytest.mark.parametrize("place", ["/", "a", "a/Erika"])
def test_the_rate_may_be_an_attribute(place: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "0", "w") as file:
        file["a/Erika"] = FRAMES_THW
        file[place].attrs["frame_rate"] = 50
    recording = read(tmp_path / "0")
    times = [frame.time_s for frame in recording.frames()]
    assert times == pytest.approx(np.arange(5) / 50)
    assert recording.timing == "declared frame rate"


def test_several_datasets_are_refused_without_their_names(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "0", "w") as file:
        file["Erika/4711"], file["1999"] = FRAMES_THW, FRAMES_THW[:2]
    with pytest.raises(IngestError, match="2 arrays could be the frames") as caught:
        read(tmp_path / "0")
    assert not any(name in str(caught.value) for name in ("Erika", "4711", "1999"))
    with h5py.File(tmp_path / "0", "a") as file:
        file["frames"] = FRAMES_THW
    assert np.array_equal(luma(tmp_path / "0"), FRAMES_THW)


def test_no_other_file_is_followed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other", "w") as file:
        file["images"], file["times"] = FRAMES_THW, np.arange(5) / 8
    (tmp_path / "raw").write_bytes(FRAMES_THW.tobytes())
    shape = FRAMES_THW.shape
    for name in ("link", "soft", "external", "virtual"):
        with h5py.File(tmp_path / name, "w") as file:
            if name == "link":
                file["images"] = h5py.ExternalLink(str(tmp_path / "other"), "images")
            elif name == "soft":
                file["images"] = h5py.SoftLink("/nowhere")
            elif name == "external":
                raw = [(str(tmp_path / "raw"), 0, FRAMES_THW.size)]
                file.create_dataset("images", shape, "u1", external=raw)
            else:
                layout = h5py.VirtualLayout(shape, "u1")
                layout[:] = h5py.VirtualSource(tmp_path / "other", "images", shape)
                file.create_virtual_dataset("images", layout)
        with pytest.raises(IngestError, match="none of 0 arrays"):
            read(tmp_path / name)
    with h5py.File(tmp_path / "0", "w") as file:
        file["images"] = FRAMES_THW
        file["times"] = h5py.ExternalLink(str(tmp_path / "other"), "times")
    assert read(tmp_path / "0").timing == "assumed 25 frames/s"


def test_frames_that_were_never_written_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "0", "w") as file:
        file.create_dataset("images", (10**5, 512, 512), "u1", chunks=(1, 512, 512))
    with pytest.raises(IngestError, match="0 compressed bytes are there"):
        read(tmp_path / "0")


def test_a_damaged_chunk(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "0", "w") as file:
        options = {"chunks": (1, 20, 24), "compression": "gzip", "fletcher32": True}
        made = file.create_dataset("images", data=FRAMES_THW, **options)
        offset = made.id.get_chunk_info(3).byte_offset
    data = bytearray((tmp_path / "0").read_bytes())
    data[offset + 20 : offset + 60] = bytes(40)
    (tmp_path / "0").write_bytes(data)
    with pytest.raises(IngestError):
        list(read(tmp_path / "0").frames())
    (tmp_path / "0").write_bytes(data[:2000])
    with pytest.raises(IngestError, match="damaged HDF5 file"):
        read(tmp_path / "0")
