"""Whose frames are asked for and learnt from, and whose the curve is measured on."""

import hashlib
from dataclasses import dataclass
from typing import Final

from insonify.deploy.labelling.options import LabellingOptions
from insonify.store import Store

_ONE_IN: Final = 4


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Two groups of subjects that have nobody in common."""

    asked: frozenset[str]
    """Their frames are queued, and learnt from."""
    held: frozenset[str]
    """On them the curve is measured; nothing is learnt from them."""


def sides(store: Store, options: LabellingOptions) -> Sides:
    """Who is who.

    With a split its test subjects are held out, its validation subjects left alone, and
    all others asked for, those that came after the split included. Without one, a hash
    of the pseudonym decides, so that a subject stays where it is as the store grows;
    if it holds out all there are, nobody is.

    Raises:
        StoreError: there is no such split.
        ConfigError: there is no such fold.
    """
    subjects = frozenset(store.frames().subjects)
    if options.split is not None:
        roles = store.split(options.split).roles(options.fold)
        asked = subjects - roles.test - roles.validation
        return Sides(asked=asked, held=subjects & roles.test)
    held = frozenset(filter(_dealt, subjects))
    if held == subjects:
        held = frozenset()
    return Sides(asked=subjects - held, held=held)


def _dealt(subject: str) -> bool:
    digest = hashlib.sha256(f"insonify labelling {subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _ONE_IN == 0
