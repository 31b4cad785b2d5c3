"""Clean, de-identified videos on disk: the border between hospitals and learning."""

from insonify.store.frames import FrameIndex, FrameLabels
from insonify.store.gaze import FrameGaze, VideoGaze
from insonify.store.reviews import Review, Stretch
from insonify.store.rows import Label, Reject, StoreSettings, VideoEntry
from insonify.store.splits import Roles, Split
from insonify.store.store import Store

__all__ = [
    "FrameGaze",
    "FrameIndex",
    "FrameLabels",
    "Label",
    "Reject",
    "Review",
    "Roles",
    "Split",
    "Store",
    "StoreSettings",
    "Stretch",
    "VideoEntry",
    "VideoGaze",
]
