"""A video's frames as Arrow batches, encoded one batch at a time."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from insonify.core.video import Video
from insonify.store.codec import encode
from insonify.store.rows import FRAMES, StoreSettings

_ROWS: Final = 256


def frame_batches(
    video: Video, settings: StoreSettings, *, before: int, write: int
) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most 256 frames, in the schema of the table of frames.

    Args:
        video: The video, or a part of it.
        settings: How frames are encoded.
        before: How many frames of the video came in earlier parts.
        write: The number of this write of the video.
    """
    for first in range(0, len(video.frames_THW), _ROWS):
        part = slice(first, first + _ROWS)
        images = [
            encode(frame_HW, settings.codec, settings.quality)
            for frame_HW in video.frames_THW[part]
        ]
        columns = {
            "video": [video.video] * len(images),
            "index": np.arange(len(images)) + before + first,
            "time_s": video.times_s_T[part],
            "segment": video.segments_T[part],
            "motion": video.motion_T[part],
            "image": images,
            "write": [write] * len(images),
        }
        arrays = [pa.array(columns[field.name], field.type) for field in FRAMES]
        yield pa.record_batch(arrays, schema=FRAMES)
