"""What a store says of itself: its format, its name and its settings."""

import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import StoreError
from insonify.store.place import Place, reached
from insonify.store.rows import FORMAT, StoreSettings

NAME: Final = "store.json"
"""The file whose presence makes a folder or a prefix a store; it is written last."""


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
            StoreError: it is of another format.
        """
        head: dict[str, Any] = json.loads(data)
        if head.get("format") != FORMAT:
            raise StoreError(
                f"{where}: store format {head.get('format')}, this insonify reads "
                f"{FORMAT}; ingest the sources anew"
            )
        settings = from_plain(StoreSettings, head["settings"], f"{where}/{NAME}")
        return cls(id=head["id"], settings=settings)

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
