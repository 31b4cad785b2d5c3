"""EyeLink: ASC, the text that edf2asc makes of a recording.

EyeLink 1000 user manual 1.5, section 4.9. A message may begin with the milliseconds by
which it is late, which are taken off its time (SR Research support, thread 170).
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final

from insonify.core.errors import IngestError
from insonify.ingest.gaze.lines import number, read_lines
from insonify.ingest.gaze.samples import GazeSamples, Tape, mean_point

_SCREEN: Final = ("DISPLAY_COORDS", "GAZE_COORDS", "SCREEN_PIXEL_COORDS")
_NOWHERE: Final = -32768.0
"""Where an eye that is not seen looks, in files made without edf2asc's dots."""
_LEAST: Final = {"MSG": 2, "START": 2, "SBLINK": 2, "EBLINK": 2}
"""Words that a line has at least."""


def read_eyelink(path: Path, sync: str = "SYNCTIME") -> list[GazeSamples]:
    """Read an ASC file with samples of gaze, of one eye or both.

    Times count from the one message that contains ``sync``; without such a message
    from the first START. Samples within a blink are invalid.

    Raises:
        IngestError: it is no such file, or several messages contain ``sync``.
    """
    recording = _Recording(sync)
    for line, text in read_lines(path):
        words = text.split()
        if not words or words[0][0] in "*#/;":
            continue
        if words[0][0].isdigit():
            recording.sample(line, words)
        elif handler := recording.handlers.get(words[0]):
            if len(words) < _LEAST.get(words[0], 0):
                raise IngestError(f"line {line}: {words[0]} breaks off; export it anew")
            handler(line, words)
    return [recording.samples()]


class _Recording:
    """What is known after some lines."""

    def __init__(self, sync: str) -> None:
        self.sync = sync
        self.tape = Tape()
        self.eyes: list[str] = []
        """Letters of the eyes in the samples, in order."""
        self.blinking: set[str] = set()
        self.syncs: list[float] = []
        self.start: float | None = None
        self.screen: tuple[float, ...] | None = None
        """Left, top, right and bottom pixel."""
        self.handlers = {
            "MSG": self.message,
            "START": self.begin,
            "SAMPLES": self.describe,
            "SBLINK": self.blink,
            "EBLINK": self.blink,
        }

    def message(self, line: int, words: list[str]) -> None:
        """The screen, or the moment that times count from."""
        time, text = number(words[1], line, "the time"), words[2:]
        if len(text) > 1 and text[0].lstrip("-").isdigit():
            time, text = time - int(text[0]), text[1:]
        if len(text) >= 5 and text[0] in _SCREEN and self.screen is None:
            self.screen = tuple(number(word, line, "a corner") for word in text[1:5])
        if self.sync in " ".join(text):
            self.syncs.append(time)

    def begin(self, line: int, words: list[str]) -> None:
        """A block of samples begins."""
        self.blinking.clear()
        if self.start is None:
            self.start = number(words[1], line, "the time")

    def describe(self, line: int, words: list[str]) -> None:
        """What the samples hold."""
        if "GAZE" not in words:
            raise IngestError(
                f"line {line}: samples are not of gaze; convert with edf2asc -sg"
            )
        self.eyes = [eye[0] for eye in ("LEFT", "RIGHT") if eye in words]

    def blink(self, _: int, words: list[str]) -> None:
        """A blink of one eye begins or ends."""
        if words[0] == "SBLINK":
            self.blinking.add(words[1])
        else:
            self.blinking.discard(words[1])

    def sample(self, line: int, words: list[str]) -> None:
        """Time, then right, down and pupil of each eye."""
        if not self.eyes:
            raise IngestError(
                f"line {line}: a sample before a line SAMPLES GAZE; convert the EDF "
                "with edf2asc, or name another --format"
            )
        if len(words) < 3 * len(self.eyes) + 1:
            raise IngestError(f"line {line}: the sample breaks off; export it anew")
        time = number(words[0], line, "the time")
        if self.tape.times and time == math.floor(self.tape.times[-1]) == time // 1:
            time += 0.5  # at 2000 Hz two samples share a millisecond
        points = [
            self._point(eye, words[3 * place + 1 : 3 * place + 3], line)
            for place, eye in enumerate(self.eyes)
        ]
        self.tape.add(line, time, mean_point(points))

    def _point(
        self, eye: str, words: list[str], line: int
    ) -> tuple[float, float] | None:
        right, down = (number(word, line, "a gaze point") for word in words)
        lost = _NOWHERE in (right, down)
        return None if lost or eye in self.blinking else (right, down)

    def samples(self) -> GazeSamples:
        """All of it, from the upper left corner of the screen."""
        if len(self.syncs) > 1:
            raise IngestError(
                f"{len(self.syncs)} messages contain the text of --sync; name the one "
                "that marks the first frame of the video"
            )
        zero = self.syncs[0] if self.syncs else self.start or 0.0
        left, top, right, bottom = self.screen or (0.0, 0.0, -1.0, -1.0)
        size = (round(bottom - top) + 1, round(right - left) + 1)
        found = self.tape.samples(
            zero=zero, unit_s=1e-3, video=None, screen=size if self.screen else None
        )
        return replace(found, points_G2=found.points_G2 - (left, top))
