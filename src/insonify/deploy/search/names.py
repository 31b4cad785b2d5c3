"""Pseudonyms as people write them."""

from collections.abc import Collection
from typing import Final

from insonify.core.errors import StoreError

_FEW: Final = 5


def only(names: Collection[str], beginning: str, kind: str) -> str:
    """The one name that is, or that alone begins with, some letters.

    Args:
        names: Those of a store; they may repeat.
        beginning: The letters.
        kind: What is named: video, or subject.

    Raises:
        StoreError: there is none, or more than one.

    >>> only(["v-1234", "v-1300"], "v-12", "video")
    'v-1234'
    """
    if beginning in names:
        return beginning
    found = sorted({name for name in names if name.startswith(beginning)})
    if len(found) == 1:
        return found[0]
    if found:
        raise StoreError(
            f"{len(found)} {kind}s begin with {beginning!r}: {_listed(found)}; write "
            "more of the name"
        )
    raise _unknown(beginning, names, kind)


def require_known(named: Collection[str], names: Collection[str], kind: str) -> None:
    """Refuse names that a store does not have.

    Raises:
        StoreError: there is one.
    """
    if unknown := sorted(set(named) - set(names)):
        raise _unknown(unknown[0], names, kind)


def _unknown(name: str, names: Collection[str], kind: str) -> StoreError:
    there = sorted(set(names))
    said = f"there are {len(there)}: {_listed(there)}" if there else "it has none"
    return StoreError(f"no {kind} {name!r} in this store; {said}")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_FEW]) + (", …" if len(names) > _FEW else "")
