"""How quickly a million frames are searched, how well, and what that takes.

python benchmarks/search.py [--rows 1000000] [--kinds IVF_SQ IVF_PQ …] [--data paths]

Makes a store of so many frames, 500 a video, with features of 512 dimensions in half
precision, indexes and searches them with the code of `insonify search`. Features are

- paths: smooth paths around a centre of each video, with the spectrum that an encoder's
  features of the phantom have;
- noise: independent normal numbers, without any structure that an index could use: the
  hardest case, which no encoder makes.

Exact is a product with all vectors in float32 in memory (numpy's BLAS on all threads)
and a partial sort. Lance's own scan of the table without an index is shown too. "one"
is a query at a time; "of 100" is the time per query of a batch of 100, for which NumPy
needs one product, and which Lance is given as a batch. Ratios are to the quicker exact
search of the same kind in the same run.

"hits" are those of `Search.near`: 12 frames of as many videos, not of the frame's own;
they are compared with an exact search of the same kind, of the table on disk.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from search_data import DATA, DIM, FRAMES, make
from table import show

from insonify.deploy.embedding.features import Features, open_table
from insonify.deploy.search.filters import Wanted
from insonify.deploy.search.hits import Limits
from insonify.deploy.search.index import IndexOptions, build_index
from insonify.deploy.search.partitions import centres
from insonify.deploy.search.search import Search
from insonify.store import Store
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.knn import unit

_QUERIES, _K = 100, 10


KINDS: Final[dict[str, tuple[int, dict[str, Any], dict[str, Any]]]] = {
    "IVF_FLAT": (1, {}, {}),
    "IVF_SQ": (1, {}, {}),
    "IVF_PQ": (1, {"num_sub_vectors": 64}, {"refine_factor": 10}),
    "IVF_RQ": (1, {}, {"refine_factor": 10}),
    "IVF_HNSW_SQ": (20, {}, {"ef": 100}),
}
"""How many times larger its partitions are, and how each is built and asked."""
PROBES = 5, 8, 16, 32
MADE = "index, MiB", "memory, MiB", "build, s"


class Bench:
    """One kind of data: what is exact, and how long ways to search take."""

    def __init__(self, data: str, store: Store, queries: int) -> None:
        self.data, self.store = data, store
        self.features = Features.open(store)
        generator = np.random.default_rng(1)
        drawn = generator.choice(len(self.features), queries, replace=False)
        self.asked_BD = unit(self.features.read(self.features.positions_N[drawn]))
        self.rows: list[dict[str, object]] = []
        self._quickest = np.inf, np.inf
        self._exact: list[set[int]] = []

    def numpy(self) -> None:
        """Exact, in memory."""
        before = resident_mib()
        known_ND = unit(self.features.read(self.features.positions_N))
        memory = resident_mib() - before

        def one(asked_D: Floats) -> Integers:
            return np.argpartition(known_ND @ asked_D, -_K)[-_K:]

        def at_once() -> Integers:
            return np.argpartition(self.asked_BD @ known_ND.T, -_K, axis=1)[:, -_K:]

        self._exact = [set(places.tolist()) for places in at_once()]
        self._note("exact, numpy", one, at_once, {"memory, MiB": memory})

    def scan(self) -> None:
        """Exact, by Lance, from the table."""
        self._note(
            "exact, Lance's scan",
            lambda asked_D: self._lance(asked_D, use_index=False),
            lambda: self._lance(self.asked_BD, use_index=False),
            {},
            few=10,
        )

    def kind(self, kind: str, partition: int) -> None:
        """An index of some kind, in a few settings."""
        parts = max(1, round(len(self.features) / partition))
        fewer, built, asked = KINDS[kind]
        table = open_table(self.store, self.features.about.name)
        assert table is not None
        began = time.perf_counter()
        centres_PD = centres(self.features, max(1, parts // fewer))
        table.create_index(
            "vector",
            kind,
            name="nearest",
            metric="cosine",
            replace=True,
            ivf_centroids=pa.FixedSizeListArray.from_arrays(
                pa.array(centres_PD.astype(np.float16).ravel()), DIM
            ),
            **built,
        )
        self._index(kind, time.perf_counter() - began, asked)

    def product(self) -> None:
        """The index that `insonify embed` makes, and the search that asks it."""
        self._forget()
        began = time.perf_counter()
        said = build_index(self.features)
        took = time.perf_counter() - began
        print(f"{self.data}: {said}")
        self._index("insonify's index", took, {})
        self._hits()

    def _forget(self) -> None:
        """Drop the index that is there."""
        table = open_table(self.store, self.features.about.name)
        assert table is not None
        for each in table.describe_indices():
            table.drop_index(each.name)

    def _index(self, kind: str, build_s: float, asked: dict[str, int]) -> None:
        self.features = Features.open(self.store)
        (described,) = self.features.dataset.describe_indices()
        size = (described.total_size_bytes or 0) / 2**20
        before = resident_mib()
        for probes in PROBES:

            def one(asked_D: Floats, probes: int = probes) -> pa.Table:
                return self._lance(asked_D, nprobes=probes, **asked)

            self._note(
                kind,
                one,
                partial(one, self.asked_BD),
                {
                    "probes": probes,
                    "recall": self._recall(one),
                    "index, MiB": size,
                    "memory, MiB": resident_mib() - before,
                    "build, s": build_s,
                },
            )

    def _hits(self) -> None:
        """Twelve videos that are not the frame's own, as the app asks for them."""
        search = Search.open(self.store, self.features)
        index, positions_N = self.store.frames(), self.features.positions_N
        drawn = np.random.default_rng(2).choice(positions_N, len(self.asked_BD))
        some = frozenset(sorted(set(index.subjects))[::20])
        asked = list(zip(search.features.read(drawn), drawn.tolist(), strict=True))
        for name, subjects in (("hits", None), ("hits, 1 of 20 subjects", some)):
            pairs = [
                (
                    vector_D,
                    Wanted(
                        subjects=subjects,
                        without_videos=frozenset(
                            {index.video_ids[index.video_N[position]]}
                        ),
                    ),
                )
                for vector_D, position in asked
            ]
            self._found(name, search, pairs)

    def _found(
        self, name: str, search: Search, pairs: Sequence[tuple[Floats, Wanted]]
    ) -> None:
        limits = Limits(count=12)

        def one(pair: tuple[Floats, Wanted]) -> set[int]:
            return {hit.position for hit in search.find(*pair, limits)}

        def each(pair: tuple[Floats, Wanted]) -> set[int]:
            return {hit.position for hit in search.find(*pair, limits, exact=True)}

        few = pairs[:20]
        exact = [each(pair) for pair in few]
        shares = [
            len(one(pair) & there) / max(1, len(there))
            for pair, there in zip(few, exact, strict=True)
        ]
        for way, find, some in (("exact", each, few), ("index", one, pairs)):
            one_ms = 1000 * statistics.median(seconds(partial(find, p)) for p in some)
            all_ms = 1000 * seconds(partial(in_threads, find, some)) / len(some)
            if way == "exact":
                self._quickest = one_ms, all_ms
            recall = 1.0 if way == "exact" else float(np.mean(shares))
            self._row(f"{name}, {way}", one_ms, all_ms, {"recall": recall})

    def _lance(self, asked: Floats, **options: Any) -> pa.Table:
        nearest = {"column": "vector", "q": asked, "k": _K, "metric": "cosine"}
        return self.features.dataset.to_table(
            columns=["_distance"], with_row_id=True, nearest=nearest | options
        )

    def _recall(self, one: Callable[[Floats], pa.Table]) -> float:
        """Share of the exact ten nearest."""
        ids = self.features.dataset.to_table(columns=[], with_row_id=True)["_rowid"]
        place = {number: place for place, number in enumerate(ids.to_pylist())}
        shares = []
        for asked_D, exact in zip(self.asked_BD, self._exact, strict=True):
            found = {place[number] for number in one(asked_D)["_rowid"].to_pylist()}
            shares.append(len(found & exact) / len(exact))
        return float(np.mean(shares))

    def _note(
        self,
        search: str,
        one: Callable[[Floats], object],
        at_once: Callable[[], object],
        facts: Mapping[str, float],
        *,
        few: int | None = None,
    ) -> None:
        """Medians over queries, and over three batches; the first are not counted."""
        for asked_D in self.asked_BD[:5]:
            one(asked_D)
        singles = [seconds(partial(one, asked_D)) for asked_D in self.asked_BD[:few]]
        batches = [seconds(at_once) for _ in range(3)]
        one_ms = 1000 * statistics.median(singles)
        of_100_ms = 1000 * statistics.median(batches) / len(self.asked_BD)
        if search.startswith("exact"):
            known = self._quickest
            self._quickest = min(known[0], one_ms), min(known[1], of_100_ms)
        self._row(search, one_ms, of_100_ms, facts)

    def _row(
        self,
        search: str,
        one_ms: float,
        of_100_ms: float,
        facts: Mapping[str, float],
    ) -> None:
        row: dict[str, object] = {
            "data": f"{len(self.features)} {self.data}",
            "search": search,
            "probes": facts.get("probes", ""),
            "recall": round(facts.get("recall", 1.0), 4),
            "one, ms": round(one_ms, 2),
            "of 100, ms": round(of_100_ms, 2),
            "x one": round(self._quickest[0] / one_ms, 1),
            "x of 100": round(self._quickest[1] / of_100_ms, 1),
            **{name: round(facts[name], 1) if name in facts else "" for name in MADE},
        }
        print(row, flush=True)
        self.rows.append(row)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_threads(one: Callable[[Any], object], queries: Iterable[Any]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, queries))


def resident_mib() -> float:
    """What the process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=[])
    parser.add_argument("--data", nargs="*", choices=DATA, default=list(DATA))
    parser.add_argument("--partition", type=int, default=IndexOptions().partition)
    parser.add_argument("--folder", type=Path, help="kept, and used again")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for data in arguments.data:
            path = (arguments.folder or Path(folder)) / f"{data}-{arguments.rows}"
            made = (path / "store.json").exists()
            store = (
                Store.open(path) if made else make(path, data, arguments.rows // FRAMES)
            )
            bench = Bench(data, store, arguments.queries)
            bench.numpy()
            bench.scan()
            for kind in arguments.kinds:
                bench.kind(kind, arguments.partition)
            bench.product()
            rows += bench.rows
    show("search_kinds" if arguments.kinds else "search", rows)
    print(f"{os.cpu_count()} processors, Lance {version('pylance')}")


if __name__ == "__main__":
    main()
