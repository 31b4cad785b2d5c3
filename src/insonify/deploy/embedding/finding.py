"""Which tables of features a store has."""

import lance

from insonify.core.errors import StoreError
from insonify.deploy.embedding.about import About, is_table
from insonify.store import Store
from insonify.store.place import place_of, reached


def open_table(store: Store, name: str) -> lance.LanceDataset | None:
    """A table of features at its newest version; None where there is none."""
    place = place_of(store.path)
    with reached(place):
        if name not in place.names():
            return None
        return lance.dataset(f"{place.root}/{name}", storage_options=place.options)


def tables(store: Store) -> list[About]:
    """What there are features of."""
    place = place_of(store.path)
    with reached(place):
        names = sorted(name for name in place.names() if is_table(name))
    opened = [(name, open_table(store, name)) for name in names]
    return [
        About.parse(dataset.schema, f"{store.path}/{name}")
        for name, dataset in opened
        if dataset is not None
    ]


def only_table(store: Store) -> str:
    """Name of the only table of features of a store.

    Raises:
        StoreError: there is none, or there are several.
    """
    found = tables(store)
    if len(found) != 1:
        wanted = "name the checkpoint" if found else "make them with `insonify embed`"
        raise StoreError(f"{store.path}: {listed(store)}; {wanted}")
    return found[0].name


def listed(store: Store) -> str:
    """What there are features of, as a clause."""
    found = [
        f"{about.architecture} {about.encoder[:12]} ({about.dim} features of frames "
        f"of {about.size[0]} x {about.size[1]})"
        for about in tables(store)
    ]
    return f"there are features of {', '.join(found) or 'no encoder'}"
