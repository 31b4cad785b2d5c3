"""What a store says of itself: its format, its name and its settings."""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Final

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import ConfigError, StoreError
from insonify.core.records import parse_object, shown
from insonify.store.place import Place, reached
from insonify.store.rows import FORMAT, StoreSettings

NAME: Final = "store.json"
"""The file whose presence makes a folder or a prefix a store; it is written last."""

_ID: Final = re.compile("[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The content of ``store.json``."""

    id: str
    """Random name of the store, given at its creation."""
    settings: StoreSettings

    @classmethod
    def new(cls, settings: StoreSettings) -> "Head":
        """The head of a store that is about to be made."""
        return cls(id=secrets.token_hex(8), settings=settings)

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Head":
        """Read what :meth:`data` gave.

        Raises:
            StoreError: it is damaged, or of another format.
        """
        try:
            head = parse_object(data, f"{where}/{NAME}")
            if head.get("format") != FORMAT:
                raise StoreError(
                    f"{where}: store format {shown(head.get('format'))}, this insonify "
                    f"reads {FORMAT}; ingest the sources anew"
                )
            given, settings = head.get("id"), head.get("settings")
            # Files beside the site's key are named by it: it must not be a path.
            if not isinstance(given, str) or not _ID.fullmatch(given):
                raise ConfigError(f"{where}/{NAME}: {shown(given)} is no store's id")
            known = from_plain(StoreSettings, settings, f"{where}/{NAME}")
        except ConfigError as error:
            raise StoreError(str(error)) from None
        return cls(id=given, settings=known)

    def data(self) -> bytes:
        """The content of the file."""
        head = {"format": FORMAT, "id": self.id, "settings": to_plain(self.settings)}
        return (json.dumps(head, indent=2) + "\n").encode()


def read_head(place: Place) -> Head | None:
    """The head of the store that is there; None where there is none.

    Raises:
        StoreError: the place cannot be reached, or the store has another format.
    """
    with reached(place):
        data = place.read(NAME)
    return None if data is None else Head.parse(data, place.root)
