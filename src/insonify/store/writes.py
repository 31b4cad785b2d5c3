"""Which rows count where several processes write at once.

Every write of a video draws a number, and the rows of its frames, its labels and the
video itself carry it. Of two writes of the same video the one with the smaller number
counts, and with it its frames and labels; of two writes of gaze the one with the
greater, since gaze may be replaced. So appending is all that writers do, in any order,
and whatever a killed one leaves stays invisible.

The order of rows says nothing: compacting a table while another process appends to it
moves the older rows behind the newer ones.
"""

import secrets
import time
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.store.rows import WRITE

_Integers = npt.NDArray[np.signedinteger]
_RANDOM_BITS: Final = 20


def new_write(*, after: int = 0) -> int:
    """A number no other write of the same video has: milliseconds, then chance.

    Args:
        after: A write that comes before this one, whatever the clock says.
    """
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return max(number, after + 1)


def first_write_before(unix_s: float) -> int:
    """The number below which all writes began before ``unix_s``."""
    return int(unix_s * 1000) << _RANDOM_BITS


def filled(rows: pa.Table) -> pa.Table:
    """The rows with a write each: 0 where the store is older than writes are."""
    if WRITE.name not in rows.column_names:
        return rows.append_column(WRITE, pa.array(np.zeros(len(rows), np.int64)))
    place = rows.column_names.index(WRITE.name)
    return rows.set_column(place, WRITE, pc.fill_null(rows[WRITE.name], 0))


def first_of_each(videos: pa.Table) -> pa.Table:
    """One row a video: that of its first write, in the order of the table."""
    video_N, write_N = _numbered(videos)
    order = np.lexsort((write_N, video_N))
    _, first = np.unique(video_N[order], return_index=True)
    if len(first) == len(videos):
        return videos
    return videos.take(np.sort(order[first]))


def last_of_each(gaze: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows belong to the last write of their video."""
    video_N, write_N = _numbered(gaze)
    last_V = np.full(video_N.max(initial=-1) + 1, -1, np.int64)
    np.maximum.at(last_V, video_N, write_N)
    return np.asarray(write_N == last_V[video_N])


def owners(rows: pa.Table, videos: pa.Table) -> _Integers:
    """For each row the position in ``videos`` of the video whose write it is, or -1.

    Args:
        rows: Rows with columns ``video`` and ``write``.
        videos: The same columns, each video once.
    """
    if not len(videos) or not len(rows):
        return np.full(len(rows), -1, np.int32)
    found = pc.index_in(rows["video"], value_set=videos["video"].combine_chunks())
    position_N = pc.fill_null(found, -1).to_numpy()
    write_V = videos[WRITE.name].to_numpy()
    mine = write_V[position_N] == rows[WRITE.name].to_numpy()
    return np.where(mine, position_N, np.int32(-1))


def _numbered(rows: pa.Table) -> tuple[_Integers, _Integers]:
    names = rows["video"].combine_chunks().dictionary_encode()
    number_N = names.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return number_N, rows[WRITE.name].to_numpy()
