"""Where a store lies: a folder, or a prefix in an object store that Lance reaches.

Everywhere else a store is named by a ``Path``, although ``Path("s3://bucket/x")`` is
``s3:/bucket/x``: the URL is restored here, and only here.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from lance.commit import CommitConflictError
from lance.file import LanceFileSession

from insonify.core.errors import StoreError
from insonify.core.files import write_bytes

_URL: Final = re.compile(r"(s3|gs|az):/+(.+)")
_NO_BUCKET: Final = "NoSuchBucket|ContainerNotFound"
_CAUSES: Final = (
    (_NO_BUCKET, "there is no such bucket; create it, or correct the URL"),
    (
        "403 Forbidden|401 Unauthorized|privileges|credentials|AccessDenied",
        "the object store does not accept the credentials; check AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY (or the variables of Google or Azure)",
    ),
    (
        "error sending request|builder error|dns error|timed? ?out",
        "the object store cannot be reached; check the network and AWS_ENDPOINT_URL",
    ),
)
"""What the errors of object stores hold, and what that means to the user."""


class Place(Protocol):
    """A folder or a prefix, as far as a store needs it."""

    root: str
    """What Lance's tables' names are joined to."""
    options: dict[str, str]
    """Lance's storage options."""

    def names(self) -> set[str]:
        """Names of the files and folders in it; empty where it does not exist."""

    def read(self, name: str) -> bytes | None:
        """A file's content; None if it is not there."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file: afterwards it is whole, or as it was."""

    def remove(self, name: str) -> None:
        """Remove a file that is there."""


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        self.path, self.root = path, str(path)
        self.options: dict[str, str] = {}

    def names(self) -> set[str]:
        exists = self.path.exists()
        return {child.name for child in self.path.iterdir()} if exists else set()

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, name: str, data: bytes) -> None:
        write_bytes(self.path / name, data)

    def remove(self, name: str) -> None:
        (self.path / name).unlink()


class Bucket:
    """A prefix in an object store, reached by Lance with the usual variables.

    Credentials, region and endpoint come from ``AWS_ACCESS_KEY_ID``,
    ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL`` and their like.
    """

    def __init__(self, url: str) -> None:
        self.root = url
        self.options = _endpoint() if url.startswith("s3:") else {}

    def names(self) -> set[str]:
        found = self._session().list_with_delimiter()
        return {*found.common_prefixes, *found.objects}

    def read(self, name: str) -> bytes | None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            try:
                self._session().download_file(name, copy)
            except OSError as error:
                text = str(error)
                if "not found" not in text or re.search(_NO_BUCKET, text):
                    raise
                return None
            return copy.read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            copy.write_bytes(data)
            self._session().upload_file(copy, name)

    def remove(self, name: str) -> None:
        self._session().delete_file(name)

    def _session(self) -> LanceFileSession:
        return LanceFileSession(self.root, storage_options=self.options)


def place_of(path: Path) -> Place:
    """The place that a path, or a URL that went through ``Path``, names."""
    if url := _URL.fullmatch(path.as_posix()):
        return Bucket(f"{url[1]}://{url[2]}")
    return Folder(path)


@contextmanager
def reached(place: Place) -> Iterator[None]:
    """Turn what Lance raises for a place that cannot be used into a StoreError.

    That another process was quicker (CommitConflictError) is not the place's fault.
    """
    try:
        yield
    except CommitConflictError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreError(f"{place.root}: {_cause(error)}") from None


def _cause(error: Exception) -> str:
    text = str(error)
    for pattern, cause in _CAUSES:
        if re.search(pattern, text):
            return cause
    # Lance's messages end with the line of its source code.
    return f"cannot be read or written ({text.partition(', /')[0]})"


def _endpoint() -> dict[str, str]:
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    url = next((os.environ[name] for name in names if os.environ.get(name)), "")
    if not url:
        return {}
    plain = "true" if url.startswith("http://") else "false"
    return {"aws_endpoint": url, "allow_http": plain}
