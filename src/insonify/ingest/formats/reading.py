"""Chooses the reader of a file by its content; an extension proves nothing."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.formats.arrays import is_npy, is_npz, read_npy, read_npz
from insonify.ingest.formats.dicom import is_dicom, read_dicom
from insonify.ingest.formats.hdf5 import is_hdf5, read_hdf5
from insonify.ingest.formats.metaimage import is_metaimage, read_metaimage
from insonify.ingest.formats.movie import read_movie
from insonify.ingest.formats.nifti import HEAD_BYTES, is_nifti, read_nifti
from insonify.ingest.formats.nrrd import is_nrrd, read_nrrd
from insonify.ingest.formats.stills import is_still, read_still
from insonify.ingest.recording import Damaged, Recording

Reader = Callable[[Path, Damaged, float | None], Recording]

_BY_HEAD: Final[tuple[tuple[Callable[[bytes], bool], Reader], ...]] = (
    (is_metaimage, read_metaimage),
    (is_nrrd, read_nrrd),
    (is_nifti, read_nifti),
    (is_npy, read_npy),
    (is_npz, read_npz),
    (is_hdf5, read_hdf5),
)
"""Formats that the beginning of a file tells, and their readers."""


def read(
    path: Path, damaged: Damaged = "reject", rate_hz: float | None = None
) -> Recording:
    """Open a DICOM file, a video, an image, or a stack of frames in a research format.

    Args:
        path: The file; a header whose numbers lie in another file beside it.
        damaged: What to do where the file breaks off.
        rate_hz: Frames a second of files that tell no times: volumes whose slices are
            frames, arrays, pages of a TIFF, cines without any. None refuses what may be
            a volume, and assumes 25 a second for what can only be a video.

    Raises:
        IngestError: nothing can be read; the message never names the file.
        ConfigError: the rate is none.
    """
    if rate_hz is not None and not 0 < rate_hz < float("inf"):
        raise ConfigError(f"rate-hz must be more than 0, found {rate_hz}")
    try:
        return _read(path, damaged, rate_hz)
    except OSError as error:
        raise IngestError(
            f"the file cannot be read ({error.strerror}); check its permissions"
        ) from None


def _read(path: Path, damaged: Damaged, rate_hz: float | None) -> Recording:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe is never opened: it waits for ever
        raise IngestError("no file (a folder, pipe or device); copy it into a file")
    if status.st_size == 0:
        raise IngestError("the file is empty; export it again")
    if is_dicom(path):
        return read_dicom(path, damaged, rate_hz)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for is_kind, reader in _BY_HEAD:
        if is_kind(head):
            return reader(path, damaged, rate_hz)
    if is_still(path):
        return read_still(path, damaged, rate_hz)
    return read_movie(path, damaged, rate_hz)
