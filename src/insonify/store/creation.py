"""Making a store, also where another process makes the same one at this moment.

One process makes each table; the others find it made. The table of
videos is made after the others and keeps the store's head, so that all write the same
``store.json``, and a process that finds half a store can finish it.
"""

from typing import Final

import lance
import pyarrow as pa

from insonify.core.errors import StoreError
from insonify.store.head import NAME, Head
from insonify.store.place import Place, reached
from insonify.store.rows import OPTIONAL, SCHEMAS, StoreSettings

_KEY: Final = b"insonify"
"""Where in its metadata the table of videos keeps the head."""


def make_store(place: Place, settings: StoreSettings) -> Head:
    """Make an empty store, or what is missing of one.

    Returns:
        Its head; that of the process that was first, if there are several.

    Raises:
        StoreError: the place cannot be reached, or holds something else.
    """
    with reached(place):
        found = place.names()
    if others := sorted(name for name in found if not _ours(name)):
        raise StoreError(
            f"{place.root}: not empty and not a store ({len(others)} other entries); "
            "name a new one"
        )
    videos = SCHEMAS["videos"].with_metadata({_KEY: Head.new(settings).data()})
    for name in sorted(SCHEMAS.keys() - {"videos"}):
        make_table(place, name, SCHEMAS[name])
    make_table(place, "videos", videos)
    head = _kept(place)
    with reached(place):
        place.write(NAME, head.data())
    return head


def _ours(name: str) -> bool:
    table = name.removesuffix(".lance")
    ours = table in SCHEMAS | OPTIONAL or table.startswith("features-")
    return ours or name.lstrip(".").startswith(NAME)


def make_table(place: Place, name: str, schema: pa.Schema) -> None:
    """Make an empty table, unless it is there.

    ``lance.write_dataset`` lets two processes through now and then, of which the later
    one empties the table; a commit upon version 0 succeeds once.

    Raises:
        StoreError: the place cannot be written.
    """
    uri = f"{place.root}/{name}.lance"
    try:
        lance.LanceDataset.commit(
            uri,
            lance.LanceOperation.Overwrite(schema, []),
            read_version=0,
            max_retries=0,
            storage_options=place.options,
        )
    except OSError as error:
        if not _is_there(place, uri):
            with reached(place):
                raise error from None


def _is_there(place: Place, uri: str) -> bool:
    try:
        lance.dataset(uri, storage_options=place.options)
    except (OSError, ValueError):
        return False
    return True


def _kept(place: Place) -> Head:
    with reached(place):
        videos = lance.dataset(
            f"{place.root}/videos.lance", storage_options=place.options
        )
    kept = (videos.schema.metadata or {}).get(_KEY)
    if kept is None:
        raise StoreError(
            f"{place.root}: tables of a store without its {NAME}; copy that here too, "
            "or name a new one"
        )
    return Head.parse(kept, place.root)
