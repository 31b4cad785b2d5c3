"""Saved profiles: where the image is, for each device, picture shape or folder.

A profile is an entry of a YAML list; the first that matches a recording counts::

    - match: {manufacturer: Example, model: Scan 3, shape: [768, 1024]}
      area:
        sector: {apex: [-40.5, 512], radii: [90, 700], angles: [-32, 32]}
    - match: {folder: site-b/*}
      area:
        - box: [60, 30, 700, 500]
        - box: [60, 520, 700, 990]
    - match: {container: mov, shape: [480, 640]}
      area: {polygon: [[40, 200], [40, 440], [420, 600], [420, 40]]}
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from insonify.core.config import from_plain
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.ingest.area.profile_entry import Match, Place, Profile
from insonify.ingest.area.shapes import Outline
from insonify.ingest.recording import Recording

_NOT_A_LIST: Final = (
    "wanted a list of entries that each begin with '- match:' at the start of a line; "
    "correct it"
)


@dataclass(frozen=True)
class Profiles:
    """A file of profiles."""

    entries: tuple[Profile, ...]

    @classmethod
    def read(cls, path: Path) -> "Profiles":
        """Read a YAML file.

        Raises:
            ConfigError: it is missing, not YAML, or has an unknown key; the message
                names file, entry and key.
        """
        try:
            return cls(_parse(path.read_text(encoding="utf-8"), path))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise ConfigError(
                f"{path}: cannot be read ({reason}); name a file of profiles"
            ) from None

    def find(self, recording: Recording, relative: Path) -> tuple[Outline, ...]:
        """The shapes of the first profile that matches; empty if none does.

        Args:
            recording: What the reader found.
            relative: Its path within the folder that is ingested.
        """
        for entry in self.entries:
            if entry.match.fits(recording, relative):
                return entry.outlines
        return ()


def add_profile(
    path: Path, recording: Recording, outlines: tuple[Outline, ...]
) -> Profile:
    """Append a profile of a recording's device and picture shape to a file.

    What is in the file stays as it is, comments too.

    Args:
        path: The file; made if it is not there.
        recording: A recording of the device.
        outlines: Where its images are, from left to right.

    Raises:
        ConfigError: a profile in it matches the recording already, or it is no file of
            profiles.
    """
    before = ""
    if path.exists():
        for number, entry in enumerate(Profiles.read(path).entries, 1):
            if entry.match.folder is None and entry.match.fits(recording, Path()):
                raise ConfigError(
                    f"{path}: entry {number} is for this device and shape already; "
                    "remove it, or save to another file"
                )
        before = path.read_text(encoding="utf-8").rstrip() + "\n\n"
    places = tuple(Place.of(outline) for outline in outlines)
    profile = Profile(match=Match.device_of(recording), area=places)
    after = before.lstrip() + yaml.safe_dump(
        [profile.to_plain()], sort_keys=False, allow_unicode=True
    )
    try:
        appended = _parse(after, path)[-1:] == (profile,)
    except ConfigError:
        appended = False
    if not appended:
        raise ConfigError(f"{path}: {_NOT_A_LIST}")
    write_bytes(path, after.encode())
    return profile


def _parse(text: str, path: Path) -> tuple[Profile, ...]:
    try:
        plain = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}: line {mark.line + 1}" if mark else f"{path}"
        raise ConfigError(f"{where}: not YAML; correct it") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply; correct it") from None
    if plain is None:
        return ()
    if not isinstance(plain, list):
        raise ConfigError(f"{path}: {_NOT_A_LIST}")
    return tuple(_entry(item, f"{path}: entry {n}") for n, item in enumerate(plain, 1))


def _entry(plain: Any, where: str) -> Profile:
    """One entry; a single area may stand without its list."""
    if isinstance(plain, dict) and isinstance(plain.get("area"), dict):
        plain = {**plain, "area": [plain["area"]]}
    return from_plain(Profile, plain, where)
