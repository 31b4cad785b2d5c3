"""Keeping a store small and quick: few large fragments, and nothing invisible.

Safe while others read and write: rows go only if the video they were written for can
no longer appear, files only if no version needs them that a reader may have open, and
where two processes work on the same rows one gives way.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import pyarrow as pa
from lance.commit import CommitConflictError

from insonify.store.place import reached
from insonify.store.tables import Tables
from insonify.store.writes import first_write_before, last_of_each

KEEP: Final = timedelta(days=14)
"""For how long old versions of the table of frames stay: as long as a reader may go on
at the version at which it opened the store."""
_WRITING: Final = timedelta(days=7)
"""For how long a writer may hold back the row of a video whose frames it committed.
Lance keeps files that are in no version for as long."""
_SIZES: Final = (64, 4_096, 32_768)
"""Fragments of fewer rows than these are merged with their like, where there are many,
into fragments of at most the largest: so a table rewrites each row three times at most,
where merging all small ones at every turn rewrote the first thirty thousand rows of a
store of stills a hundred times."""
_MANY: Final = 128
_MANY_AT_THE_END: Final = 16
"""Fragments of a size from which merging them pays. Every version lists all fragments,
80 bytes each: a hundred thousand videos in six thousand commits were 25 GB of lists."""
_FEW: Final = 16
"""The same for reviews: each is a commit of its own, and versions stay. A thousand of
them leave 2 MB of lists; they left 9 when they were merged from 128 on."""
_IN_ONE: Final = 200
"""Writes in one predicate."""


def tidy(tables: Tables, keep: timedelta) -> None:
    """Remove what can never become visible, compact, and drop old versions of frames.

    Versions of the other tables stay: runs are pinned to them, and they are small.
    """
    tables.refresh()
    for name in ("frames", "labels", "gaze"):
        _remove_invisible(tables, name)
    for name in tables.versions:
        compact_if_many(tables, name, _MANY_AT_THE_END)
    with reached(tables.place), _giving_way():
        tables["frames"].cleanup_old_versions(
            older_than=keep, error_if_tagged_old_versions=False
        )


def compact_if_many(tables: Tables, name: str, many: int | None = None) -> None:
    """Merge the small fragments of a table if there are many of a size.

    Args:
        tables: The tables.
        name: Which.
        many: From how many on; None: from 128 to 255 (of reviews from 16 to 31),
            another number in each process, so that of many writers one compacts before
            the others come to it.
    """
    least = _FEW if name == "reviews" else _MANY
    many = many or least + os.getpid() % least
    sizes = _SIZES if name == "frames" else _SIZES[:-1]
    for rows in sizes:
        stats = tables[name].stats.dataset_stats(max_rows_per_group=rows)
        if stats["num_small_files"] >= many:
            _merge(tables, name, rows, sizes[-1])


def _merge(tables: Tables, name: str, below: int, target: int) -> None:
    """Merge neighbouring fragments of fewer rows than ``below``."""
    fragments = tables[name].get_fragments()
    larger = [one.fragment_id for one in fragments if one.physical_rows >= below]
    with reached(tables.place), _giving_way():
        tables[name].optimize.compact_files(
            target_rows_per_fragment=target,
            batch_size=256,
            excluded_fragment_ids=larger,
        )
    tables.refresh(name)


def _remove_invisible(tables: Tables, name: str) -> None:
    if name == "frames" and tables[name].count_rows() == _frames_of_videos(tables):
        return
    videos_of: dict[int, list[str]] = {}
    for video, write in _dead(tables, name):
        videos_of.setdefault(write, []).append(f"'{video}'")
    # 0 stands for the null of rows from before there were writes.
    rows = [
        f"(coalesce(write, 0) = {write} AND video IN ({', '.join(videos)}))"
        for write, videos in videos_of.items()
    ]
    for first in range(0, len(rows), _IN_ONE):
        with reached(tables.place), _giving_way():
            tables[name].delete(" OR ".join(rows[first : first + _IN_ONE]))
        tables.refresh(name)


def _dead(tables: Tables, name: str) -> list[tuple[str, int]]:
    """Video and number of each write that no reader will ever see."""
    rows = _writes(tables, name)
    if name == "gaze":
        return _pairs(rows.filter(pa.array(~last_of_each(rows))))
    # Those that were beaten stay: at some version it was they who counted.
    wanted = set(_pairs(_writes(tables, "videos")))
    limit = first_write_before(time.time() - _WRITING.total_seconds())
    return [pair for pair in _pairs(rows) if pair not in wanted and pair[1] < limit]


def _writes(tables: Tables, name: str) -> pa.Table:
    columns = ["video", "write"]
    return tables.read(name, columns).group_by(columns).aggregate([])


def _pairs(rows: pa.Table) -> list[tuple[str, int]]:
    columns = rows["video"].to_pylist(), rows["write"].to_pylist()
    return list(zip(*columns, strict=True))


def _frames_of_videos(tables: Tables) -> int:
    return sum(tables.read("videos", ["frames"])["frames"].to_pylist())


@contextmanager
def _giving_way() -> Iterator[None]:
    """Leave it to the process that changes the same rows; next time is as good."""
    try:
        yield
    except CommitConflictError:
        return
    except OSError as error:
        if "Retryable commit conflict" not in str(error):
            raise
