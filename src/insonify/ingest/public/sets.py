"""The published sets that can be imported, and the import itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from insonify.ingest.books import Summary
from insonify.ingest.build import take
from insonify.ingest.handling import FileResult
from insonify.ingest.options import TakeOptions
from insonify.ingest.public.busi import BUSI
from insonify.ingest.public.camus import CAMUS
from insonify.ingest.public.covid_us import COVID_US
from insonify.ingest.public.echonet import ECHONET
from insonify.ingest.public.fetal_planes_db import FETAL_PLANES_DB
from insonify.ingest.public.pocovid import POCOVID
from insonify.ingest.public.public_set import PublicSet

SetName: TypeAlias = Literal[
    "fetal-planes-db", "echonet", "camus", "pocovid", "covid-us", "busi"
]
SETS: Final[dict[str, PublicSet]] = {
    public.name: public
    for public in (FETAL_PLANES_DB, ECHONET, CAMUS, POCOVID, COVID_US, BUSI)
}
TERMS: Final = "terms"
"""Folder of a store that says of each set in it whose it is and how to cite it."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a set."""

    summary: Summary
    remarks: tuple[str, ...]
    """What whoever uses the store has to know of the set."""


def import_set(
    public: PublicSet,
    path: Path,
    store_path: Path,
    options: TakeOptions,
    on_file: Callable[[FileResult, int], None],
) -> Imported:
    """Add what is new in a copy of a set to a store, which is made if need be.

    The set's terms are in the store before its first frame.

    Args:
        public: One of :data:`SETS`.
        path: The copy: its root, or the folder it was unpacked in.
        store_path: The store.
        options: How.
        on_file: Called after each file with its result and the number of files to do.

    Raises:
        ConfigError: the folder is no copy of the set.
        StoreError: the store was made with other settings, or has another split
            ``published``.
    """
    contents = public.contents(path)
    store = options.open_store(store_path)
    terms = json.dumps(dict(public.terms()), indent=2, ensure_ascii=False)
    store.write_file(f"{TERMS}/{public.name}.json", f"{terms}\n".encode())
    summary = take(public.batch(contents), store_path, options, on_file)
    return Imported(summary=summary, remarks=tuple(contents.remarks))
