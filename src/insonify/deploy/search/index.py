"""The vector index of a table of features.

What is built was chosen by measurement (benchmarks/search.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import lance
import numpy as np
import pyarrow as pa
from lance.commit import CommitConflictError

from insonify.core.errors import ConfigError
from insonify.deploy.embedding.features import Features, open_table
from insonify.deploy.search.partitions import centres
from insonify.store import Store
from insonify.store.place import place_of, reached
from insonify.store.tidying import KEEP
from insonify.transfer.examples import Floats

OnProgress = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it is, and of how much if that is known."""

COLUMN: Final = "vector"
METRIC: Final = "cosine"
_NAME: Final = "nearest"
_KIND: Final = "IVF_SQ"
_TRAINED_AGAIN: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class IndexOptions:
    """When a table of features gets an index, and how fine it is."""

    least: int = 20_000
    """Rows below which there is none: looking at all of them takes milliseconds."""
    partition: int = 2000
    """Rows that a partition has on average; a search looks at some partitions."""

    def __post_init__(self) -> None:
        if self.least < 1 or self.partition < 1:
            raise ConfigError(
                f"least and partition must be at least 1, found {self.least} and "
                f"{self.partition}"
            )


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """What there is of an index."""

    partitions: int
    rows: int
    """Rows that are in it; a search looks through all others."""
    others: int


def build_index(
    features: Features,
    options: IndexOptions | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> str:
    """Index the newest rows of a table, or add them to the index that is there.

    An index is made anew when the table has grown to twice what its partitions are for.
    Features that are open already go on without; open them again.

    Args:
        features: Any of that table.
        options: When and how.
        on_progress: Is told of the progress.

    Returns:
        What was done, and why: a clause.

    Raises:
        StoreError: the table cannot be read or written.
    """
    options = options or IndexOptions()
    store = features.store
    dataset = open_table(store, features.about.name)
    assert dataset is not None  # it is open
    with reached(place_of(store.path)):
        try:
            done = _brought_up_to_date(store, dataset, options, on_progress)
            dataset.cleanup_old_versions(older_than=KEEP)
        except (CommitConflictError, OSError) as error:
            given = isinstance(error, CommitConflictError)
            if not given and "commit conflict" not in str(error):
                raise
            return "another process is at the index; it stays as that leaves it"
    return done


def index_of(dataset: lance.LanceDataset) -> Indexed | None:
    """What a table's index holds; None where it has none."""
    named = {each.name: each for each in dataset.describe_indices()}
    if _NAME not in named:
        return None
    segments = [set(each.fragment_ids) for each in named[_NAME].segments]
    inside, outside = 0, 0
    for fragment in dataset.get_fragments():
        if any(fragment.fragment_id in each for each in segments):
            inside += fragment.count_rows()
        else:
            outside += fragment.count_rows()
    partitions = len(dataset.centroids(index_name=_NAME))
    return Indexed(partitions=partitions, rows=inside, others=outside)


def _brought_up_to_date(
    store: Store,
    dataset: lance.LanceDataset,
    options: IndexOptions,
    on_progress: OnProgress,
) -> str:
    features, known = Features.at(store, dataset), index_of(dataset)
    frames = len(features)
    if known is None and frames < options.least:
        return f"no index: {frames} frames are quickly looked at, each of them"
    partitions = max(1, round(frames / options.partition))
    if known is None or partitions > _TRAINED_AGAIN * known.partitions:
        on_progress("learning partitions", 0, None)
        _make(dataset, centres(features, partitions), on_progress)
        return f"an index of {frames} frames in {partitions} partitions"
    if known.others:
        dataset.optimize.optimize_indices(index_names=[_NAME])
        return f"{known.others} frames were added to the index of {known.rows}"
    return f"the index of {known.rows} frames is up to date"


def _make(
    dataset: lance.LanceDataset, centres_PD: Floats, on_progress: OnProgress
) -> None:
    def told(progress: Any) -> None:
        on_progress(progress.stage, progress.completed or 0, progress.total)

    halves = pa.array(centres_PD.astype(np.float16).ravel())
    dataset.create_index(
        COLUMN,
        _KIND,
        name=_NAME,
        metric=METRIC,
        replace=True,
        ivf_centroids=pa.FixedSizeListArray.from_arrays(halves, centres_PD.shape[1]),
        progress_callback=told,
    )
