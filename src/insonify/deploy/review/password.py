"""A password as it is kept: never itself, always a salted scrypt hash."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes

LEAST: Final = 10
"""Characters of a password."""
_MOST: Final = 1024
_SALT: Final = 16
_KIND: Final = "scrypt"
_LOG2_N: Final = 15
_R: Final = 8
_P: Final = 1
"""32 MiB and about 0.1 s a try, as RFC 7914 suggests for interactive logins."""
_MOST_LOG2_N: Final = 20
_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class PasswordHash:
    """Salt, cost and hash; prints as nothing."""

    salt: bytes
    digest: bytes
    log2_n: int = _LOG2_N
    r: int = _R
    p: int = _P

    def __repr__(self) -> str:
        return "PasswordHash(…)"

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash a new password.

        Raises:
            ConfigError: it is too short or too long.
        """
        if not LEAST <= len(password) <= _MOST:
            raise ConfigError(
                f"a password has {LEAST} to {_MOST} characters; a few words that do "
                "not belong together are easy to keep and hard to guess"
            )
        salt = secrets.token_bytes(_SALT)
        return cls(salt=salt, digest=_scrypt(password, salt, _LOG2_N, _R, _P))

    def matches(self, password: str) -> bool:
        """Whether it is the password, in a time that does not tell how nearly."""
        if len(password) > _MOST:
            return False
        found = _scrypt(password, self.salt, self.log2_n, self.r, self.p)
        return hmac.compare_digest(found, self.digest)

    def save(self, path: Path) -> None:
        """Write a file that its owner alone may read.

        Raises:
            ConfigError: it exists, or cannot be written.
        """
        if path.exists():
            raise ConfigError(f"{path}: exists; name a new file, or remove it first")
        parts = (
            _KIND,
            *map(str, (self.log2_n, self.r, self.p)),
            *(base64.b64encode(data).decode() for data in (self.salt, self.digest)),
        )
        try:
            write_bytes(path, ("$".join(parts) + "\n").encode())
        except OSError as error:
            raise ConfigError(
                f"{path}: cannot be written ({error.strerror}); name another file"
            ) from None

    @classmethod
    def load(cls, path: Path) -> "PasswordHash":
        """Read what :meth:`save` wrote.

        Raises:
            ConfigError: the file is missing, or holds no hash.
        """
        try:
            return cls._parse(path.read_text("ascii"))
        except OSError as error:
            problem = error.strerror
        except ValueError:  # also of base64 and of what is not ASCII
            problem = "no password hash in it"
        raise ConfigError(
            f"{path}: {problem}; make one with `insonify review --make-password FILE`"
        )

    @classmethod
    def _parse(cls, text: str) -> "PasswordHash":
        kind, *numbers, salt, digest = text.strip().split("$")
        log2_n, r, p = map(int, numbers)
        sane = 1 <= log2_n <= _MOST_LOG2_N and 1 <= r <= 32 and 1 <= p <= 16
        if kind != _KIND or not sane:
            raise ValueError(kind)
        return cls(
            salt=_decoded(salt), digest=_decoded(digest), log2_n=log2_n, r=r, p=p
        )


def _decoded(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) < _SALT:
        raise binascii.Error("too short")
    return data


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=1 << log2_n,
        r=r,
        p=p,
        maxmem=(128 * r << log2_n) * 2,
        dklen=_BYTES,
    )
