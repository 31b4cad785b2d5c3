"""Clip to changed clip and answer: the tasks a network learns anatomy from."""

from insonify.pretext.disentangled import Disentangled
from insonify.pretext.frame_order import FrameOrder
from insonify.pretext.relative import RelativeTransform
from insonify.pretext.shared_views import SharedViews
from insonify.pretext.task import Answer, PretextTask
from insonify.pretext.transform import AffineTransform

__all__ = [
    "AffineTransform",
    "Answer",
    "Disentangled",
    "FrameOrder",
    "PretextTask",
    "RelativeTransform",
    "SharedViews",
]
