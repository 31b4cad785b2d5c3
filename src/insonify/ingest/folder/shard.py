"""A share of the files of a folder, for one of several machines."""

import hashlib
import re
from dataclasses import dataclass

from insonify.core.errors import ConfigError


@dataclass(frozen=True)
class Shard:
    """One of several shares that are disjoint and together hold every file.

    A file's share depends on its path within the folder alone: files that are added
    move no other.
    """

    number: int
    """1 and up."""
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read ``2/8``.

        Raises:
            ConfigError: it is not of that form, or there is no such share.
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        shard = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= shard.number <= shard.of:
            raise ConfigError(
                f"--shard {text!r}: give a share and how many there are, such as 1/8"
            )
        return shard

    def holds(self, relative: str) -> bool:
        """Whether a path is in this share."""
        name = relative.encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(name, digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1
