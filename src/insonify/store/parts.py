"""A video that comes part by part, and the one row that describes it all."""

import json
from collections import ChainMap
from typing import Any

from insonify.core.video import Video


class VideoParts:
    """Takes the parts of a video one by one and keeps what its row needs.

    Never a part: an hour's recording does not fit into memory.
    """

    def __init__(self, file: str, write: int) -> None:
        self.frames = 0
        """Frames of all parts so far."""
        self.write = write
        """The number of this write of the video."""
        self._file = file
        self._row: dict[str, Any] = {}
        self._first_s = self._last_s = 0.0
        self._segment = 0
        self._facts: list[dict[str, str | int | float]] = []

    def add(self, part: Video) -> None:
        """Take the next part.

        Raises:
            ValueError: it is of another video, or does not come after the last.
        """
        row = _described(part)
        if self._row:
            self._check_follows(part, row)
        else:
            self._row, self._first_s = row, float(part.times_s_T[0])
        self._last_s = float(part.times_s_T[-1])
        self._segment = int(part.segments_T[-1])
        self._facts.append(part.facts)
        self.frames += len(part.frames_THW)

    def row(self) -> dict[str, object]:
        """The row of the table of videos; of a fact, the last part's value.

        Facts are read now: the parts may share a dictionary that grew meanwhile.

        Raises:
            ValueError: there was no part.
        """
        if not self._row:
            raise ValueError("a video needs at least one part")
        return {
            **self._row,
            "file": self._file,
            "write": self.write,
            "frames": self.frames,
            "duration_s": self._last_s - self._first_s,
            "facts": json.dumps(dict(ChainMap(*self._facts[::-1]))),
        }

    def _check_follows(self, part: Video, row: dict[str, Any]) -> None:
        if changed := [name for name in row if row[name] != self._row[name]]:
            raise ValueError(f"parts of one video differ in {', '.join(changed)}")
        if part.times_s_T[0] <= self._last_s:
            raise ValueError("times_s_T must increase from part to part")
        if part.segments_T[0] < self._segment:
            raise ValueError("segments_T must not decrease from part to part")


def _described(video: Video) -> dict[str, Any]:
    """What is the same in all parts of a video."""
    _, height, width = video.frames_THW.shape
    source_shape, crop = video.origin
    return {
        "video": video.video,
        "subject": video.subject,
        "exam": video.exam,
        "height": height,
        "width": width,
        "rectangle": list(video.rectangle),
        "spacing_mm": None if video.spacing_mm is None else list(video.spacing_mm),
        "source_shape": list(source_shape),
        "crop": list(crop),
    }
