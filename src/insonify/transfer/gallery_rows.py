"""The rows of a gallery.

Legend: N frames, H rows, W columns, 2 right and up.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from insonify.clips.loader import FrameReader
from insonify.core.gallery import SCHEMA
from insonify.store import Store
from insonify.store.codec import encode
from insonify.transfer.examples import Floats, Integers
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.gallery_neighbours import Neighbours

_QUALITY: Final = 85
"""Of the thumbnails' JPEG; one of 48 x 60 then takes about 1 kB."""
_AT_ONCE: Final = 256


def gallery_rows(
    store: Store,
    frames: LabelledFrames,
    places_N2: Floats,
    neighbours: Neighbours,
    thumbnail: tuple[int, int],
) -> pa.Table:
    """A row a frame, with its picture of ``thumbnail`` rows and columns."""
    columns = {
        "subject": frames.subjects_N,
        "video": frames.videos_N,
        "time_s": frames.times_s_N,
        "truth": np.array(frames.classes)[frames.labels_N],
        "x": places_N2[:, 0],
        "y": places_N2[:, 1],
        "neighbours": neighbours.rows,
        "similarities": neighbours.similarities,
        "thumbnail": _thumbnails(store, frames.positions_N, thumbnail),
    }
    return pa.table(columns, schema=SCHEMA)


def _thumbnails(
    store: Store, positions_N: Integers, size: tuple[int, int]
) -> list[bytes]:
    """Small grey JPEGs of frames: the central window, as encoders see it."""
    reader = FrameReader(store, size)
    firsts = range(0, len(positions_N), _AT_ONCE)
    return [
        encode(frame_HW, "jpeg", _QUALITY)
        for first in firsts
        for frame_HW in reader.read(positions_N[first : first + _AT_ONCE]).numpy()
    ]
