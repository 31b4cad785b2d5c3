"""``insonify import``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro
from rich.markup import escape

from insonify.cli.console import console
from insonify.cli.ingest import OnFile, print_summary, watched
from insonify.ingest.books import Summary
from insonify.ingest.options import TakeOptions
from insonify.ingest.public.sets import SETS, TERMS, Imported, SetName, import_set
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Import:
    """Turn your copy of a published set into a store with its labels and its split.

    Nothing is fetched: get the set from its site, unpack it, and name its folder. Run
    it again to add what was missing. Options left out are those that fit the set: name
    it before --help to see them.
    """

    name: Annotated[tyro.conf.Positional[SetName], tyro.conf.arg(metavar="SET")]
    """fetal-planes-db, echonet (EchoNet-Dynamic), camus, pocovid, covid-us or busi."""
    path: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="PATH")]
    """The folder of the set, or one that it lies in."""
    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store: made if it is not there, added to if it is."""
    options: Annotated[TakeOptions, tyro.conf.arg(name="")] = field(
        default_factory=TakeOptions
    )
    strict: bool = False
    """Exit with 1 if a file was refused, now or before."""

    def run(self) -> int:
        """Import with a progress bar, a summary and terms; 0, or 1 as --strict says."""
        public = SETS[self.name]
        imported: list[Imported] = []

        def work(on_file: OnFile) -> Summary:
            done = import_set(public, self.path, self.store, self.options, on_file)
            imported.append(done)
            return done.summary

        summary = watched(work)
        print_summary(summary, Store.open(self.store), public.title)
        say = partial(console.print, soft_wrap=True, highlight=False)
        for remark in imported[0].remarks:
            say(f"Note: {escape(remark)}.")
        say(f"Licence: {escape(public.licence)}.")
        say(f"Please cite: {escape(public.citation)}.")
        say(f"Both are in {self.store / TERMS}, for whoever gets the store.")
        return 1 if self.strict and summary.refusals else 0


def default_import(arguments: Sequence[str]) -> Import:
    """The command before its options are read: those that fit the set that is named."""
    name = next((word for word in arguments if word in SETS), None)
    options = TakeOptions(clean=SETS[name].clean) if name else TakeOptions()
    missing = tyro.MISSING
    return Import(name=missing, path=missing, store=missing, options=options)
