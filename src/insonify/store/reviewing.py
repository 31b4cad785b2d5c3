"""How decisions come into the log."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import pyarrow as pa

from insonify.core.errors import StoreError
from insonify.store.reviews import Review
from insonify.store.rows import REVIEWS
from insonify.store.tables import Tables, quoted
from insonify.store.tidying import compact_if_many

NAME: Final = "reviews"
"""The table's."""


def append_reviews(tables: Tables, reviews: Sequence[Review]) -> None:
    """Add decisions, all of them or none; see :meth:`Store.review`."""
    tables.ensure(NAME)
    tables.refresh(NAME)
    _check_undos(tables, reviews)
    rows = pa.Table.from_pylist([asdict(one) for one in reviews], schema=REVIEWS)
    tables.append(NAME, tables.write(NAME, rows))
    compact_if_many(tables, NAME)


def _check_undos(tables: Tables, reviews: Sequence[Review]) -> None:
    """Refuse to take back what is not there, or is about something else."""
    targets = {one.undoes for one in reviews if one.undoes is not None}
    if not targets:
        return
    names = ", ".join(map(quoted, sorted(targets)))
    rows = tables.read(NAME, ["event", "video", "task"], f"event IN ({names})")
    about = {row["event"]: (row["video"], row["task"]) for row in rows.to_pylist()}
    for one in reviews:
        if one.undoes is not None and about.get(one.undoes) != (one.video, one.task):
            raise StoreError(
                f"{one.video}: no decision {one.undoes} about its {one.task} to take "
                "back; refresh, and take back one that is there"
            )
        about.setdefault(one.event, (one.video, one.task))
