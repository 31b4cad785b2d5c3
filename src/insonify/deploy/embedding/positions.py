"""Which frames of a store the rows of a table of features are of.

Legend: R rows of the table.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from insonify.store import FrameIndex
from insonify.store.frames import Integers


def positions_of(index: FrameIndex, rows: pa.Table) -> Integers:
    """Positions in a store's frames of rows of a table of features.

    Args:
        index: The store's frames.
        rows: Any rows with columns ``video``, ``index`` and ``time_s``.

    Returns:
        One a row; -1 where there is no such frame at that time.
    """
    if not len(index):
        return np.full(len(rows), -1, np.int64)
    found = pc.index_in(rows["video"], value_set=pa.array(index.video_ids))
    video_R = pc.fill_null(found, -1).to_numpy().astype(np.int64)
    starts = np.append(index.starts_V(), len(index))
    number_R = rows["index"].to_numpy().astype(np.int64)
    position_R = starts[video_R] + number_R
    there_R = (video_R >= 0) & (number_R >= 0) & (position_R < starts[video_R + 1])
    position_R = np.where(there_R, position_R, 0)
    same_R = index.time_s_N[position_R] == rows["time_s"].to_numpy()
    return np.where(there_R & same_R, position_R, -1)
