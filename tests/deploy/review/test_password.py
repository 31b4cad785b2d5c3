"""Passwords are kept as hashes, and as nothing else."""

import hashlib
import stat
from pathlib import Path

import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.review.password import LEAST, PasswordHash

PASSWORD = "correct horse battery staple"


def test_only_the_password_matches(tmp_path: Path) -> None:
    kept = PasswordHash.of(PASSWORD)
    path = tmp_path / "password"
    kept.save(path)
    assert PASSWORD not in path.read_text() + repr(kept)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = PasswordHash.load(path)
    assert read == kept
    assert read.matches(PASSWORD)
    assert not read.matches(PASSWORD + "r")
    assert kept.digest == hashlib.scrypt(
        PASSWORD.encode(), salt=kept.salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32
    )
    with pytest.raises(ConfigError, match="exists"):
        kept.save(path)


def test_the_same_password_has_another_hash_each_time() -> None:
    one, other = (PasswordHash.of("x" * LEAST) for _ in range(2))
    assert one.salt != other.salt
    assert one.digest != other.digest


@pytest.mark.parametrize("password", ["", "x" * (LEAST - 1), "x" * 1025])
def test_its_length_has_bounds(password: str) -> None:
    with pytest.raises(ConfigError, match="10 to 1024"):
        PasswordHash.of(password)


@pytest.mark.parametrize(
    "content",
    [
        "",
        PASSWORD,
        "scrypt$15$8$1$c2FsdA==$AAAA",
        "scrypt$40$8$1$" + "A" * 24 + "$" + "A" * 44,
        "bcrypt$15$8$1$" + "A" * 24 + "$" + "A" * 44,
        "scrypt$15$8$1$" + "!" * 24 + "$" + "A" * 44,
        "größe",
    ],
)
def test_what_is_no_hash_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    path.write_text(content)
    with pytest.raises(ConfigError, match="--make-password"):
        PasswordHash.load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--make-password"):
        PasswordHash.load(tmp_path / "none")
