"""``insonify card``."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console
from insonify.cli.page_files import check_page
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.report.card.card import (
    Sources,
    card_as_html,
    card_as_json,
    card_as_markdown,
    make_card,
)
from insonify.report.card.content import Card as Content
from insonify.report.card.content import Stated
from insonify.report.tables.options import ReportOptions


@dataclass(frozen=True, kw_only=True)
class Card:
    """Write the model card of a run, the data sheet of a store, or both.

    Every number comes from the files that are named; what they do not know is said to
    be unknown. No pseudonym, path or file name is in a card.
    """

    trained: Annotated[
        tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="RUN")
    ] = None
    """Run folder of a finished `insonify pretrain`, or a checkpoint folder. None: the
    data sheet of --store alone."""
    store: Path | None = None
    """The store that the run learnt from: adds who and what was learnt from, and the
    store's data sheet."""
    predictions: tuple[Path, ...] = ()
    """Files that `insonify transfer` wrote of the run's recipe: adds what was
    measured."""
    audit: Path | None = None
    """File that `insonify audit` kept of the run: adds what its skill rests on."""
    out: Path
    """The card: .html opens without a network; .md or .json likewise."""
    overwrite: bool = False
    """Replace the card if it is there."""
    arm: str | None = None
    """Name of the run's arm in the predictions. None: that which holds this checkpoint,
    else the only one of its recipe."""
    date: str | None = None
    """Day that the card bears, such as 2026-11-26. None: today, in UTC."""
    stated: Annotated[Stated, tyro.conf.arg(name="")] = field(default_factory=Stated)
    resamples: int = ReportOptions.resamples
    """Resamples of subjects behind every interval; at least 1000."""

    def run(self) -> int:
        """Write the card; 0 when done."""
        check_page(self.out, overwrite=self.overwrite)
        sources = Sources(
            run=self.trained,
            store=self.store,
            predictions=self.predictions,
            audit=self.audit,
            arm=self.arm,
        )
        options = ReportOptions(resamples=self.resamples)
        content = make_card(sources, self.stated, self._day(), options)
        write_bytes(self.out, _text(content, self.out.suffix).encode())
        console.print(f"Card: {self.out}", soft_wrap=True)
        return 0

    def _day(self) -> datetime.date:
        if self.date is None:
            return datetime.datetime.now(datetime.UTC).date()
        try:
            return datetime.date.fromisoformat(self.date)
        except ValueError:
            raise ConfigError(
                f"--date is {self.date!r}; give it as YEAR-MONTH-DAY"
            ) from None


def _text(content: Content, ending: str) -> str:
    write = {".html": card_as_html, ".md": card_as_markdown, ".json": card_as_json}
    return write[ending](content)
