"""``insonify triage``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from insonify.cli.console import console
from insonify.cli.page_files import check_page
from insonify.cli.triage_page import as_html, table_row
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.ingest.triage.found import frames_read, read_facts, summarise
from insonify.store import Store

_PAGE = "triage.html"


@dataclass(frozen=True, kw_only=True)
class Triage:
    """Show what ingest dropped from the videos of a store, and what it kept.

    Thresholds are measured on few devices: look at the page before you pretrain.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store to look at; it is not changed."""
    out: Path | None = None
    """Also write a page with histograms and frames, which opens without a network: an
    .html file, or a folder for triage.html. It shows frames of patients."""
    overwrite: bool = False
    """Replace the page if it is there."""

    def run(self) -> int:
        """Print the table, write the page; 0 when done."""
        out = None if self.out is None else _page(self.out)
        if out is not None:
            check_page(out, overwrite=self.overwrite)
        store = Store.open(self.store)
        facts = read_facts(store)
        if not facts:
            raise ConfigError(
                f"{self.store}: no video is in this store; add some with "
                "`insonify ingest SOURCE STORE`"
            )
        found = summarise(facts)
        table = Table("rule", "found", "videos", "thresholds", title="Triage")
        for each in found:
            table.add_row(*table_row(each, len(facts)))
        console.print(table)
        console.print(f"{len(store.frames())} of {frames_read(facts)} frames are kept.")
        if out is not None:
            write_bytes(out, as_html(store, facts, found).encode())
            console.print(f"Page: {out}", soft_wrap=True)
        return 0


def _page(out: Path) -> Path:
    return out if out.suffix == ".html" else out / _PAGE
