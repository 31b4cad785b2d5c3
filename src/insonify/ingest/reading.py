"""Chooses the reader of a file by its content; an extension proves nothing."""

from pathlib import Path

from insonify.core.errors import IngestError
from insonify.ingest.dicom import is_dicom, read_dicom
from insonify.ingest.movie import read_movie
from insonify.ingest.recording import Damaged, Recording
from insonify.ingest.stills import is_still, read_still


def read(path: Path, damaged: Damaged = "reject") -> Recording:
    """Open a DICOM file, a still image or a video.

    Raises:
        IngestError: nothing can be read; the message never names the file.
    """
    try:
        if path.stat().st_size == 0:
            raise IngestError("the file is empty; export it again")
        if is_dicom(path):
            return read_dicom(path, damaged)
    except OSError as error:
        raise IngestError(
            f"the file cannot be read ({error.strerror}); check its permissions"
        ) from None
    if is_still(path):
        return read_still(path)
    return read_movie(path, damaged)
