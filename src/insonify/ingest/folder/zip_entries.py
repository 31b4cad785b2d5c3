"""The members of a zip archive."""

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from insonify.ingest.folder.archive_entry import DEVICE, LINK, Budget, Entry

_METHODS: Final = (
    *(zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA),
)
_OF_WINDOWS: Final = 0


def zip_entries(path: Path, budget: Budget) -> Iterator[Entry]:
    """The files in a zip, in the order of its list."""
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(archive.infolist()):
            budget.spend(info.file_size)
            if info.is_dir():
                continue
            name = info.filename
            if info.create_system == _OF_WINDOWS:  # some programs write backslashes
                name = name.replace("\\", "/")
            yield Entry(
                number,
                name,
                info.file_size,
                f"{info.CRC:08x}",
                lambda info=info: archive.open(info),  # type: ignore[misc]
                _refuse(info) or budget.refuse(info.file_size),
            )


def _refuse(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return LINK if kind == stat.S_IFLNK else DEVICE
    if info.flag_bits & 1:
        return "encrypted; unpack it yourself, with its password, and ingest that"
    if info.compress_type not in _METHODS:
        return (
            f"packed by method {info.compress_type} of zip, which is not read; "
            "unpack it yourself"
        )
    return None
