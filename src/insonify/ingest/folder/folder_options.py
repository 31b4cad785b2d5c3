"""Options of how a folder is read: what is one recording, and how far to unpack."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.ingest.folder.shard import Shard

ImageFolders = Literal["stills", "video"]


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """What of a folder is a recording, and how far its archives are trusted."""

    image_folders: ImageFolders = "stills"
    """Numbered images in a folder: stills, each on its own, or one video a folder, with
    --rate-hz images a second."""
    shard: str | None = None
    """Take only a share of the files, such as 2/8, while other machines take the
    others; which share a file is in depends on its path alone."""
    unpack_folder: Path | None = None
    """Where archives are unpacked, a few members at a time, readable by nobody else;
    None: the system's temporary folder (TMPDIR)."""
    member_gb: float = 32.0
    """Members of archives that are larger than this are refused."""
    archive_gb: float = 1000.0
    """Archives are read up to this much unpacked data; the rest is refused."""
    growth: float = 200.0
    """Archives are read until unpacking has made them this many times larger; the rest
    is refused as a bomb. Cines pack 1 to 20 times, images in one grey 1000 times."""

    def __post_init__(self) -> None:
        for name in ("member_gb", "archive_gb", "growth"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                option = "--" + name.replace("_", "-")
                raise ConfigError(f"{option} must be above 0, found {value}")
        if self.shard is not None:
            Shard.parse(self.shard)

    def share(self) -> Shard:
        """The share of the files that is taken: all of them unless told otherwise."""
        return Shard.parse(self.shard or "1/1")
