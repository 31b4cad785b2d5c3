"""Finds the files of a folder without opening any.

What cannot be taken is found too, with the reason: nothing is passed over in silence
but what is hidden or named by an option.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"([0-9]+)")


class Found(NamedTuple):
    """A file of a folder."""

    relative: str
    """Path within the folder, with slashes."""
    size: int = 0
    time_ns: int = 0
    """When it was last changed."""
    refused: str | None = None
    """Why it is not to be opened, if it is not."""


def find(source: Path, ignored: Iterable[Path] = ()) -> Iterator[Found]:
    """All files below a folder in natural order, but hidden and ignored ones.

    Links to folders are not followed: they may lead in circles. A link to a file is
    followed unless its target is found without it.

    Args:
        source: A folder, or a file, which is then the only one.
        ignored: Files and folders to leave out, by whatever name they are met.
    """
    if source.is_dir():
        yield from _Walk(source, ignored).files()
        return
    status = source.stat()
    refused = None if stat.S_ISREG(status.st_mode) else _NOT_REGULAR
    yield Found(source.name, status.st_size, status.st_mtime_ns, refused)


def walk(source: Path, ignored: Iterable[Path] = ()) -> Iterator[Path]:
    """The paths of what `find` finds and does not refuse."""
    base = base_of(source)
    for found in find(source, ignored):
        if not found.refused:
            yield base / found.relative


def base_of(source: Path) -> Path:
    """The folder that the paths in `Found` are relative to."""
    return source if source.is_dir() else source.parent


def natural(name: str) -> tuple[list[tuple[int, str] | str], str]:
    """Sort key by which frame 10 comes after frame 9.

    >>> sorted(["f10", "f9", "f09", "F1"], key=natural)
    ['F1', 'f09', 'f9', 'f10']
    """
    # A number is its length and its digits: int() refuses more than 4300 of them.
    parts: list[tuple[int, str] | str] = [*_NUMBER.split(name)]
    for position in range(1, len(parts), 2):
        digits = str(parts[position]).lstrip("0")
        parts[position] = (len(digits), digits)
    return parts, name


_NOT_REGULAR: Final = "not a regular file but a pipe, socket or device; leave it out"
_LINKED_FOLDER: Final = "a link to a folder is not followed; ingest that folder itself"
_TAKEN: Final = "a link to a file that is found under another name too"


class _Walk:
    """One walk; what is ignored or was followed is known by its inode."""

    def __init__(self, source: Path, ignored: Iterable[Path]) -> None:
        self.root = os.fspath(source)
        self.inside = os.path.realpath(source).rstrip("/") + "/"
        self.ignored = {_inode(path.stat()) for path in ignored if path.exists()}
        self.followed: set[tuple[int, int]] = set()

    def files(self) -> Iterator[Found]:
        """Depth first, without recursion: folders may be deeper than Python's stack."""
        open_folders = [self._entries("")]
        while open_folders:
            for item in open_folders[-1]:
                if isinstance(item, str):
                    open_folders.append(self._entries(item))
                    break
                yield item
            else:
                open_folders.pop()

    def _entries(self, folder: str) -> Iterator[Found | str]:
        """Files, and paths of folders, in a folder."""
        try:
            with os.scandir(f"{self.root}/{folder}") as scanned:
                entries = [entry for entry in scanned if entry.name[0] != "."]
        except OSError as error:
            reason = f"the folder cannot be read ({error.strerror}); make it readable"
            yield Found(folder or ".", refused=reason)
            return
        for entry in sorted(entries, key=lambda entry: natural(entry.name)):
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if (item := self._look_at(entry, relative)) is not None:
                yield item

    def _look_at(self, entry: os.DirEntry[str], relative: str) -> Found | str | None:
        link = entry.is_symlink()
        try:
            status = entry.stat()
        except OSError as error:
            what = "the link leads nowhere" if link else "the file cannot be looked at"
            return Found(relative, refused=f"{what} ({error.strerror}); mend it")
        if _inode(status) in self.ignored:
            return None
        if stat.S_ISDIR(status.st_mode):
            return Found(relative, refused=_LINKED_FOLDER) if link else relative
        refused = None
        if not stat.S_ISREG(status.st_mode):
            refused = _NOT_REGULAR
        elif link and self._is_taken(relative, status):
            refused = _TAKEN
        return Found(relative, status.st_size, status.st_mtime_ns, refused)

    def _is_taken(self, relative: str, status: os.stat_result) -> bool:
        """Whether the target of a link is found by itself or by another link."""
        target = os.path.realpath(f"{self.root}/{relative}")
        hidden = "/." in target[len(self.inside) - 1 :]
        if target.startswith(self.inside) and not hidden:
            return True
        if _inode(status) in self.followed:
            return True
        self.followed.add(_inode(status))
        return False


def _inode(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
