"""Clean, de-identified videos on disk: the border between hospitals and learning."""

from insonify.store.frames import FrameIndex, FrameLabels
from insonify.store.rows import Label, Part, Reject, StoreSettings, VideoEntry
from insonify.store.splits import Roles, Split
from insonify.store.tables import Store

__all__ = [
    "FrameIndex",
    "FrameLabels",
    "Label",
    "Part",
    "Reject",
    "Roles",
    "Split",
    "Store",
    "StoreSettings",
    "VideoEntry",
]
