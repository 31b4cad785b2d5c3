"""A private folder for what is unpacked, which goes when the run ends.

A run that is killed cannot tidy up; the next one does it. A lock says whether the run
that made a folder is alive.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from insonify.core.errors import ConfigError

# Hidden, so that a walk does not find it if it lies below the folder of recordings.
_PREFIX: Final = ".insonify-unpacked-"
_LOCK: Final = "lock"


class Scratch:
    """A folder of mode 700, made when it is first used."""

    def __init__(self, base: Path | None, *, outside: Path) -> None:
        """Choose where it will be.

        Args:
            base: The folder to make it in; None: the system's temporary one (TMPDIR).
            outside: The store: nothing identifiable may lie in it.

        Raises:
            ConfigError: ``base`` is in the store, or is no folder.
        """
        self.base = base or Path(tempfile.gettempdir())
        self._root: Path | None = None
        self._lock: int | None = None
        if self.base.resolve().is_relative_to(outside.resolve()):
            raise ConfigError(
                f"--unpack-folder {base}: it is in the store; name another"
            )
        if not self.base.is_dir():
            raise ConfigError(f"--unpack-folder {self.base}: no such folder; make it")

    def __enter__(self) -> "Scratch":
        remove_leftovers(self.base)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._root is not None and self._lock is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            os.close(self._lock)
            self._root = self._lock = None

    def folder(self, name: str) -> Path:
        """A folder in it, made if need be.

        Raises:
            ConfigError: it cannot be made.
        """
        with self.room():
            if self._root is None:
                self._root, self._lock = _locked_folder(self.base)
            folder = self._root / name
            folder.mkdir(exist_ok=True)
        return folder

    def remove(self, name: str) -> None:
        """Remove a folder in it, if it is there."""
        if self._root is not None:
            shutil.rmtree(self._root / name, ignore_errors=True)

    @contextmanager
    def room(self) -> Iterator[None]:
        """Say what to do where there is no room to write.

        Raises:
            ConfigError: writing failed; the file that was written is not to blame.
        """
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"archives cannot be unpacked in {self.base} ({error.strerror}); make "
                "room there, or name another folder with --unpack-folder"
            ) from None


def remove_leftovers(base: Path) -> None:
    """Remove what runs of this user have left that are no longer alive."""
    for folder in base.glob(f"{_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # No lock: it is being made. Or another run removes it.
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:  # Its run is alive.
            pass
        finally:
            os.close(lock)


def _locked_folder(base: Path) -> tuple[Path, int]:
    """A new folder and the open file that locks it."""
    folder = Path(tempfile.mkdtemp(dir=base, prefix=_PREFIX))  # mode 700
    # Locked before it has its name: whoever sees the lock sees it locked.
    draft = folder / "draft"
    lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    draft.rename(folder / _LOCK)
    return folder, lock
