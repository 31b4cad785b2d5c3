from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from insonify.core.video import Box, Video


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"frames_THW": np.zeros((4, 8, 8), np.float32)}, "uint8"),
        ({"frames_THW": np.zeros((0, 8, 8), np.uint8)}, "at least one frame"),
        ({"times_s_T": np.array([0.0, 1.0, 1.0, 2.0])}, "strictly increasing"),
        ({"times_s_T": np.arange(3.0)}, "one entry for each frame"),
        ({"segments_T": np.array([0, 1, 0, 1], np.int32)}, "must not decrease"),
        ({"rectangle": Box(0, 0, 9, 8)}, "not within the frame"),
        ({"rectangle": Box(4, 0, 4, 8)}, "not within the frame"),
    ],
)
def test_a_video_that_is_not_right_cannot_be_made(
    change: dict[str, object], says: str, new_video: Callable[..., Video]
) -> None:
    video = new_video(0, frames=4, shape=(8, 8), texture=1.0)
    with pytest.raises(ValueError, match=says):
        replace(video, **change)  # type: ignore[arg-type]
