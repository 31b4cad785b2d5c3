"""Model cards and data sheets, written from a run, a store and predictions.

Facts only: every number comes from the files that are named, and what they do not know
is said to be unknown. No pseudonym, path or file name is in a card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.report.card.audit import read_audited
from insonify.report.card.content import Card, Role, Stated
from insonify.report.card.counts import Videos
from insonify.report.card.data import describe
from insonify.report.card.limits import limits
from insonify.report.card.model import model_card
from insonify.report.card.preparation import prepared
from insonify.report.card.run import Run, read_run
from insonify.report.card.sheet import data_sheet
from insonify.report.card.tested import read_tested
from insonify.report.card.text import Document, as_markdown
from insonify.report.page.inputs import Inputs
from insonify.report.page.page import page
from insonify.report.tables.groups import INSTRUMENTS
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import as_json
from insonify.store import Store

NOTICE: Final = "For research use only. Not a medical device."
_FORMAT: Final = 1


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The files that a card is written from."""

    run: Path | None = None
    """Run folder or checkpoint folder; None: a data sheet alone."""
    store: Path | None = None
    predictions: tuple[Path, ...] = ()
    audit: Path | None = None
    arm: str | None = None
    """Arm of the predictions that the run is one of; None: found by what it says."""


def make_card(
    sources: Sources,
    stated: Stated,
    day: date,
    options: ReportOptions,
) -> Card:
    """Read everything that a card says.

    Args:
        sources: From what.
        stated: What the maker says.
        day: Day on which it is made.
        options: How numbers are made of predictions.

    Raises:
        ConfigError: neither run nor store is named, or one does not fit the other.
        CheckpointError: the run cannot be read.
        ReportError: predictions or audit cannot be read, or are of another run.
        StoreError: the store cannot be read.
    """
    run = None if sources.run is None else read_run(sources.run)
    store = None if sources.store is None else Store.open(sources.store)
    _check(sources, run, store)
    return Card(
        date=day.isoformat(),
        insonify=version("insonify"),
        stated=stated,
        run=None if run is None else run.facts,
        roles=_roles(run, store) if run and store else (),
        tested=()
        if run is None
        else read_tested(sources.predictions, run.facts, sources.arm, options, store),
        audited=()
        if run is None or sources.audit is None
        else read_audited(sources.audit, run, options),
        data=None if store is None else describe(store),
        preparation=None if store is None else prepared(store),
    )


def card_beside(run: Path, inputs: Inputs, day: date, options: ReportOptions) -> Card:
    """The card of a run, of what is on a report's page: its predictions and its store.

    Raises:
        ConfigError, CheckpointError, ReportError, StoreError: see :func:`make_card`.
    """
    learnt_from = read_run(run).store
    there = [path for path in inputs.stores if Store.open(path).id == learnt_from]
    sources = Sources(
        run=run,
        store=there[0] if there else None,
        predictions=(*inputs.planes, *inputs.saliency),
    )
    return make_card(sources, Stated(), day, options)


def card_as_html(card: Card) -> str:
    """The card as a page that opens without a network."""
    return page("card_page.html", card=card_shown(card))


def card_as_markdown(card: Card) -> str:
    """The card as Markdown."""
    return as_markdown(_documents(card), NOTICE)


def card_as_json(card: Card) -> str:
    """Everything that the card is written from, for registries."""
    kind = {"kind": "insonify card", "format": _FORMAT, "notice": NOTICE}
    known = limits(card) if card.run else ()
    return as_json({**kind, **to_plain(card), "known_limits": list(known)})


def card_shown(card: Card) -> dict[str, Any]:
    """What the template ``card.html`` is given as ``card``."""
    return {"documents": _documents(card)}


def _documents(card: Card) -> Sequence[Document]:
    found = [model_card(card)] if card.run else []
    return [*found, data_sheet(card)] if card.data else found


def _check(sources: Sources, run: Run | None, store: Store | None) -> None:
    if run is None and store is None:
        raise ConfigError("nothing to write a card of; name a RUN, a --store, or both")
    if run is None and (sources.predictions or sources.audit):
        raise ConfigError(
            "predictions and audits belong to a model card; name the RUN they are of"
        )
    if run is not None and store is not None and run.store not in (None, store.id):
        raise ConfigError(
            f"{sources.store}: store {store.id}, but the run learnt from {run.store}; "
            "name that one, or leave --store out"
        )


def _roles(run: Run, store: Store) -> tuple[Role, ...]:
    """Who was learnt from, validated and tested on, in the store as the run saw it."""
    if run.seen is None:
        return ()
    then = Store.open(store.path, run.store_versions)
    videos, split = Videos(then), run.facts.provenance.get("split")
    roles = {"learnt from": run.seen}
    if split is not None:
        parts = then.split(split).roles(run.facts.provenance["fold"])
        roles |= {
            "validated on while training": parts.validation,
            "kept for tests": parts.test,
        }
    marked = {name: videos.of(who) for name, who in roles.items()}
    return tuple(
        Role(
            videos=videos.group(name, at_V),
            instruments=tuple(videos.factors(INSTRUMENTS, at_V)),
        )
        for name, at_V in marked.items()
    )
