"""A table of features: making it, appending to it, tidying it, dropping it.

Any number of processes may fill one table at once: they only append, and what two of
them appended is removed by whoever comes last.

Legend: R rows of the table.
"""

from collections.abc import Callable
from typing import Final

import lance
import numpy as np
import pyarrow as pa
from lance.commit import CommitConflictError
from lance.fragment import write_fragments

from insonify.core.errors import StoreError
from insonify.deploy.embedding.about import About, table_name
from insonify.deploy.embedding.finding import open_table
from insonify.deploy.embedding.positions import positions_of
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached
from insonify.store.tidying import KEEP

_TRIES: Final = 1000
"""How often a commit is tried when other processes commit to the same table."""
_MANY: Final = 16
_SMALL: Final = 65_536
"""From so many fragments of fewer rows on they are merged: reading opens each file."""
_IN_ONE: Final = 10_000
"""Rows in one predicate."""


class FeatureTable:
    """The table of one encoder's features in a store; made, if it is not there.

    Raises:
        StoreError: the store cannot be written, or the table is of something else.
    """

    def __init__(self, store: Store, about: About) -> None:
        self.store, self.about = store, about
        self._place = place_of(store.path)
        self._uri = f"{self._place.root}/{about.name}"
        self.dataset = open_table(store, about.name) or self._made()
        if (found := About.parse(self.dataset.schema, self._uri)) != about:
            raise StoreError(
                f"{self._uri}: features of {found.architecture} "
                f"{found.encoder[:12]} in store {found.store}, not of this encoder in "
                "this store; remove it and run `insonify embed` again"
            )

    def append(self, rows: pa.Table) -> None:
        """Add rows, all or none, whoever else appends."""
        schema, options = self.about.schema, self._place.options
        with reached(self._place):
            fragments = write_fragments(
                rows, self._uri, schema=schema, mode="append", storage_options=options
            )
            self._commit(lance.LanceOperation.Append(fragments), _TRIES)

    def tidy(self) -> None:
        """Remove what two processes both appended, merge small fragments."""
        self._giving_way(self._remove_duplicates)
        stats = self.dataset.stats.dataset_stats(max_rows_per_group=_SMALL)
        if stats["num_small_files"] >= _MANY:
            self._giving_way(self._compact)

    def _made(self) -> lance.LanceDataset:
        """Make the table; a commit upon version 0 succeeds once, for one process."""
        operation = lance.LanceOperation.Overwrite(self.about.schema, [])
        try:
            return lance.LanceDataset.commit(
                self._uri,
                operation,
                read_version=0,
                max_retries=0,
                storage_options=self._place.options,
            )
        except OSError:
            if (made := open_table(self.store, self.about.name)) is None:
                with reached(self._place):
                    raise
            return made

    def _commit(
        self, operation: lance.LanceOperation.BaseOperation, tries: int
    ) -> None:
        self.dataset = lance.LanceDataset.commit(
            self.dataset,
            operation,
            read_version=self.dataset.version,
            max_retries=tries,
        )

    def _remove_duplicates(self) -> None:
        # Ids change where another process merges fragments meanwhile, and then those
        # that were looked up mean no row: look again until there are none.
        while len(ids := self._duplicates()):
            for first in range(0, len(ids), _IN_ONE):
                listed = ", ".join(map(str, ids[first : first + _IN_ONE].tolist()))
                self.dataset.delete(f"_rowid IN ({listed})")

    def _duplicates(self) -> Integers:
        """Row ids of all rows of a frame but the first.

        Only of frames of this store as it is known here: what another process saw of a
        store that has grown since is not for this one to judge.
        """
        rows = self.dataset.to_table(
            columns=["video", "index", "time_s"], with_row_id=True
        )
        position_R = positions_of(self.store.frames(), rows)
        id_R = rows["_rowid"].to_numpy().astype(np.int64)
        order = np.lexsort((id_R, position_R))
        again = np.append(False, np.diff(position_R[order]) == 0)
        twice: Integers = id_R[order[again & (position_R[order] >= 0)]]
        return twice

    def _compact(self) -> None:
        self.dataset.optimize.compact_files()
        self.dataset.cleanup_old_versions(older_than=KEEP)

    def _giving_way(self, work: Callable[[], None]) -> None:
        """Leave it to a process that changes the same rows; next time is as good."""
        with reached(self._place):
            self.dataset.checkout_latest()  # type: ignore[no-untyped-call]
            try:
                work()
            except CommitConflictError:
                return
            except OSError as error:
                if "commit conflict" not in str(error):
                    raise


def remove_table(store: Store, encoder: str) -> bool:
    """Drop the features of an encoder; whether there were any.

    Raises:
        StoreError: the store cannot be written.
    """
    name, place = table_name(encoder), place_of(store.path)
    if open_table(store, name) is None:
        return False
    with reached(place):
        lance.LanceDataset.drop(f"{place.root}/{name}", storage_options=place.options)
    return True
