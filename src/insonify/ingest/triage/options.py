"""The thresholds of triage."""

import json
from dataclasses import asdict, dataclass

from insonify.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TriageOptions:
    """When a frame is dropped, and when a segment ends.

    Measured on 44 lung clips, in none of which rules but those of repeats and cuts find
    anything, and on 12 phantom recordings (seed 11, 12 s each).
    """

    duplicate: float = 0.15
    """A frame that differs by less from the last one kept repeats it and is dropped;
    mean absolute grey levels within the image area. 0 keeps repeats."""
    black: float = 4.0
    """A frame with a lower mean grey level is black and is dropped; 0 keeps it."""
    freeze_s: float = 0.5
    """A still picture is a freeze if it lasts this long; 0 keeps freezes."""
    freeze: float = 0.9
    """A picture is still while it differs by less than this, both reduced eightfold and
    where there is light. In 44 lung clips every half second changes 1.05 or more; the
    H.264 noise of a frozen phantom and its calipers 0.8 or less."""
    lift_off: float = 0.1
    """A frame is dropped as lift-off if its lower half is darker than this share of its
    upper third, and than a fifth of what is usual in the video; 0 keeps it. Half of the
    frames of a phantom's lift-offs, which are gradual, and none beside them."""
    colour: float = 0.01
    """A frame is dropped as coloured if more than this share of the image is, and so is
    what lies within half a second between two such frames. Of the frames of a phantom's
    colour boxes 82 % are found at 0.01 (50 % at 0.02), none beside them and none in 44
    lung clips. 0 keeps them, as for colour maps that tint the whole image."""
    replay: float = 0.9
    """Frames repeat earlier ones if they differ by less than this share of what
    neighbours differ by there; the first showing is kept. H.264 loops differ by 0.1 to
    0.6, the nearest of 44 lung clips by 1.4. 0 keeps them all."""
    replay_s: float = 0.5
    """A stretch that is shown again is a replay if it lasts this long, and 8 frames."""
    overlay_s: float = 5.0
    """Pixels are an overlay if they are bright and stay for this long while the image
    around them moves; 0 finds none. Found were 30 of 34 marks and crosses, of lines one
    or two pixels thin, that were drawn on lung clips; tissue rests for up to 3 s."""
    split_screen: float = 16.0
    """Two images stand side by side if no pixel of a gap between them is brighter than
    this grey level; they are counted, not dropped. 0 does not look."""
    cut_jump: float = 6.0
    """At a cut the correlation falls this many times deeper than usual around it (0
    finds no cuts) …"""
    cut_correlation: float = 0.9
    """… to less than this …"""
    cut_histogram: float = 0.05
    """… and more than this share of the grey-level histogram changes. Together they
    found 96 % of 150 joins of two lung clips, and in the 44 clips themselves a
    touch-down and six fast movements in two clips of 10 frames a second."""
    gap: float = 4.0
    """A segment ends where frames are this many times farther apart than usual, and
    at least 0.25 s; 0 ends none."""

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0:
            raise ConfigError("thresholds of triage must not be negative")


def thresholds(options: TriageOptions) -> str:
    """The options as JSON, to be kept beside what they found."""
    return json.dumps(asdict(options))
