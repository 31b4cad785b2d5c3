"""Everything that a card is written from, as plain values.

``insonify card --out card.json`` writes exactly this.
"""

from dataclasses import dataclass

from insonify.report.card.audit import Audited
from insonify.report.card.counts import Factor, Group
from insonify.report.card.data import DataFacts
from insonify.report.card.preparation import Preparation
from insonify.report.card.run import RunFacts
from insonify.report.card.tested import Tested

NOT_STATED = "not stated by the maker"


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What only the maker knows; what is None is said not to be stated."""

    name: str | None = None
    """Name of the model, or of the data where there is no run."""
    licence: str | None = None
    """Licence of the model, or of the data where there is no run."""
    contact: str | None = None
    """Whom to ask."""
    intended_use: str | None = None
    """What it is meant for."""
    purpose: str | None = None
    """Why the data were gathered, and by whom."""
    consent: str | None = None
    """Which board approved, and how subjects consented."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """Subjects of the run's store by what they were for in this run."""

    videos: Group
    instruments: tuple[Factor, ...]
    """With what, and where, their videos were taken."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A model card, a data sheet, or both."""

    date: str
    """Day on which it was made, ISO 8601."""
    insonify: str
    """Version that made it."""
    stated: Stated
    run: RunFacts | None = None
    roles: tuple[Role, ...] = ()
    """Who was learnt from (first), validated and tested on; empty without a store."""
    tested: tuple[Tested, ...] = ()
    audited: tuple[Audited, ...] = ()
    data: DataFacts | None = None
    preparation: Preparation | None = None
