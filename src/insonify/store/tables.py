"""The Lance tables of a store, each at one version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import lance
import pyarrow as pa
from lance.commit import CommitConflictError
from lance.fragment import FragmentMetadata, write_fragments

from insonify.core.errors import StoreError
from insonify.store.creation import make_table
from insonify.store.place import Place, reached
from insonify.store.rows import OPTIONAL, SCHEMAS, WRITE
from insonify.store.writes import filled

_TRIES: Final = 1000
"""How often a commit is tried when other processes commit to the same table."""
_CACHE: Final = 128 * 2**20
"""Bytes in which all tables keep what they know of versions and files; Lance's default
is seven gigabytes for each, which a long ingest fills with versions it has left."""
_FORGOTTEN: Final = 16 * 2**20
"""Bytes from which a writer begins anew: it knows hardly more than versions it left."""
_OPENED_FIRST: Final = "videos"
"""A video's frames and labels are there before its row is: whoever opens the table of
videos first finds both for all of its rows."""
_ABSENT: Final = "was not found"
"""What Lance's error holds where there is no table."""
_ALL: Final = SCHEMAS | OPTIONAL


class Tables:
    """Datasets by name; reading goes on at a version until the table is refreshed."""

    def __init__(self, place: Place, versions: Mapping[str, int] | None = None) -> None:
        self.place = place
        self._session = _session()
        self.versions: dict[str, int] = {}
        """The version of each table there is, to open the very same content again."""
        self._open: dict[str, lance.LanceDataset] = {}
        for name in _in_order(SCHEMAS):
            self._open_at(name, (versions or {}).get(name))
        for name in OPTIONAL:
            if versions is None:
                self._find(name)
            elif name in versions:
                self._open_at(name, versions[name])

    def __getitem__(self, name: str) -> lance.LanceDataset:
        return self._open[name]

    def refresh(self, *names: str) -> set[str]:
        """Go on to the newest version of the tables named; of all if none is.

        Datasets are replaced, never changed: whoever reads in another thread goes on.

        Returns:
            Names of the tables whose version is another one now.
        """
        before = dict(self.versions)
        for name in _in_order(names or _ALL):
            if name in self._open:
                self._advance(name)
            else:
                self._find(name)
        return {
            name for name in self.versions if self.versions[name] != before.get(name)
        }

    def ensure(self, name: str) -> None:
        """Make a table that a store may lack, whoever else makes it at this moment."""
        if name not in self._open:
            make_table(self.place, name, _ALL[name])
            self._open_at(name, None)

    def forget(self) -> None:
        """Let go of what is known of versions that were left behind, if it is much."""
        if self._session.size_bytes() < _FORGOTTEN:
            return
        self._session = _session()
        for name, version in list(self.versions.items()):
            self._open_at(name, version)

    def read(
        self, name: str, columns: Sequence[str] | None = None, where: str | None = None
    ) -> pa.Table:
        """Some columns of the rows that meet a condition; in ``write`` nothing is null.

        Args:
            name: The table.
            columns: Which; None: all.
            where: SQL; None: all rows.
        """
        if name not in self._open:
            return OPTIONAL[name].empty_table().select(columns or OPTIONAL[name].names)
        there = self._open[name].schema.names
        chosen = [column for column in columns or there if column in there]
        with reached(self.place):
            rows = self._open[name].to_table(columns=chosen, filter=where)
        asked = WRITE.name in (columns or _ALL[name].names)
        return filled(rows) if asked else rows

    def parts(
        self, name: str, columns: Sequence[str], rows: int = 2**20
    ) -> Iterator[pa.Table]:
        """What :meth:`read` says of a table, in its order, ``rows`` and more at a time.

        So a hundred million rows are never in memory at once (benchmarks/scale.py).
        """
        there = [
            column for column in columns if column in self._open[name].schema.names
        ]
        waiting: list[pa.RecordBatch] = []
        with reached(self.place):
            for batch in self._open[name].to_batches(columns=there):
                waiting.append(batch)
                if sum(map(len, waiting)) >= rows:
                    yield filled(pa.Table.from_batches(waiting))
                    waiting = []
        if waiting:
            yield filled(pa.Table.from_batches(waiting))

    def write(
        self, name: str, rows: pa.Table | Iterable[pa.RecordBatch], mode: str = "append"
    ) -> list[FragmentMetadata]:
        """Write rows that are in no version of the table yet."""
        schema = _ALL[name]
        batches = rows.to_batches() if isinstance(rows, pa.Table) else rows
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        with reached(self.place):
            return list(
                write_fragments(
                    reader,
                    self.uri(name),
                    schema=schema,
                    mode=mode,
                    storage_options=self.place.options,
                )
            )

    def discard(self, name: str, fragments: Iterable[FragmentMetadata]) -> None:
        """Remove what was written and will never be in a version of the table."""
        for fragment in fragments:
            for file in fragment.files:
                with reached(self.place):
                    self.place.remove(f"{name}.lance/data/{file.path}")

    def append(self, name: str, fragments: Sequence[FragmentMetadata]) -> None:
        """Make written rows part of the table, whoever else appends to it."""
        if not fragments:
            return
        self.refresh(name)
        self._commit(name, lance.LanceOperation.Append(fragments), _TRIES)

    def replace(self, name: str, rows: pa.Table) -> bool:
        """Replace all rows, unless the table has changed since it was refreshed."""
        fragments = self.write(name, rows, mode="overwrite")
        schema = self._open[name].schema
        try:
            self._commit(name, lance.LanceOperation.Overwrite(schema, fragments), 0)
        except CommitConflictError:
            self.discard(name, fragments)
            return False
        return True

    def widen(self, name: str) -> None:
        """Add the column ``write`` to a table that is older than it."""
        while WRITE.name not in self._open[name].schema.names:
            try:
                self._open[name].add_columns(WRITE)
            except OSError:
                # Another process was quicker, or is writing: look again.
                before = self.versions[name]
                self.refresh(name)
                if self.versions[name] == before:
                    with reached(self.place):
                        raise
        self.refresh(name)

    def uri(self, name: str) -> str:
        """Where Lance finds a table."""
        return f"{self.place.root}/{name}.lance"

    def _commit(
        self, name: str, operation: lance.LanceOperation.BaseOperation, tries: int
    ) -> None:
        dataset = self._open[name]
        with reached(self.place):
            self._open[name] = lance.LanceDataset.commit(
                dataset, operation, read_version=dataset.version, max_retries=tries
            )
        self.versions[name] = self._open[name].version

    def _advance(self, name: str) -> None:
        with reached(self.place):
            newest = self._open[name].latest_version
        if newest != self._open[name].version:
            self._open[name] = self._dataset(name, None)
        self.versions[name] = self._open[name].version

    def _find(self, name: str) -> None:
        """Open a table if it is there."""
        try:
            self._open_at(name, None)
        except StoreError as error:
            if _ABSENT not in str(error):
                raise

    def _open_at(self, name: str, version: int | None) -> None:
        try:
            self._open[name] = self._dataset(name, version)
        except StoreError:
            if name != "frames" or version is None:
                raise
            # Frames never change, so tidying may drop old versions of their table:
            # which of them there were at a version is told by the table of videos.
            self._open[name] = self._dataset(name, None)
        self.versions[name] = version or self._open[name].version

    def _dataset(self, name: str, version: int | None) -> lance.LanceDataset:
        options = self.place.options
        with reached(self.place):
            return lance.dataset(
                self.uri(name),
                version=version,
                storage_options=options,
                session=self._session,
            )


def _session() -> lance.Session:
    """A cache of what is known of tables, for as long as they are open."""
    return lance.Session(
        index_cache_size_bytes=_CACHE // 16, metadata_cache_size_bytes=_CACHE
    )


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name != _OPENED_FIRST)


def quoted(value: str) -> str:
    """A string as it stands in SQL."""
    return "'" + value.replace("'", "''") + "'"
