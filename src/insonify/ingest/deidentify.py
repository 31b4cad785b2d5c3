"""Pseudonyms that only the site can resolve, and the list that resolves them.

Everything that names a person, a visit or a file becomes a keyed hash. A plain hash of
a hospital number can be undone by trying all numbers; without the key this one cannot.
"""

import csv
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError, IngestError
from insonify.core.files import write_bytes

_DIGITS: Final = 16
_CHUNK: Final = 1 << 20


def default_key_path() -> Path:
    """Where the site's key is kept unless told otherwise."""
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "insonify" / "site.key"


def site_key(path: Path) -> bytes:
    """Read the site's secret key; make one, readable by its owner only, at first.

    Raises:
        ConfigError: others can read the key, or it is not a key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, secrets.token_bytes(32).hex().encode())  # mode 600: mkstemp
    if path.stat().st_mode & 0o077:
        raise ConfigError(
            f"{path}: the site key can be read by others; make it private "
            f"(chmod 600) or, if it may have been seen, make a new one"
        )
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) < 32:
        raise ConfigError(f"{path}: not a site key; name another file with --key")
    return key


def pseudonym(key: bytes, kind: str, value: str | bytes) -> str:
    """A keyed hash such as ``s-9f86d081884c7d65`` for kind ``s``.

    Args:
        key: The site's key.
        kind: What is hidden; the same value of another kind has another pseudonym.
        value: What to hide.
    """
    # A file's name is bytes, in whatever encoding: what is not UTF-8 is kept as it is.
    content = value
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogateescape")
    digest = hmac.new(key, kind.encode() + b"\0" + content, hashlib.sha256)
    return f"{kind}-{digest.hexdigest()[:_DIGITS]}"


def content_pseudonym(key: bytes, path: Path) -> str:
    """The pseudonym of a file's content, kind ``v``.

    Raises:
        IngestError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise IngestError(
            f"the file cannot be read ({error.strerror}); check its permissions"
        ) from None
    return pseudonym(key, "v", digest.digest())


def file_pseudonym(key: bytes, relative: Path, status: os.stat_result) -> str:
    """The pseudonym of a file as it is now, kind ``f``; another if it changes."""
    identity = f"{relative.as_posix()}\0{status.st_size}\0{status.st_mtime_ns}"
    return pseudonym(key, "f", identity)


def linkage_path(key_path: Path, store_id: str) -> Path:
    """Where the list of a store's files is kept: beside the key, not in the store."""
    return key_path.parent / f"linkage-{store_id}.csv"


def add_to_linkage(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Append rows (pseudonym, file, outcome) to the list, mode 600; newer ones count.

    Appended, not rewritten: an archive has 100 000 files and a batch 16.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    handle = os.open(path, flags, 0o600)
    with open(  # noqa: PTH123  # the open file, not its path
        handle, "w", newline="", encoding="utf-8", errors="surrogateescape"
    ) as file:
        writer = csv.writer(file)
        if os.fstat(file.fileno()).st_size == 0:
            writer.writerow(["file", "path", "outcome"])
        writer.writerows(rows)
