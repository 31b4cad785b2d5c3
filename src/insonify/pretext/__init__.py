"""Clip to changed clip and answer: the tasks a network learns anatomy from."""

from insonify.pretext.disentangled import Disentangled
from insonify.pretext.embedding import JointEmbedding
from insonify.pretext.frame_order import FrameOrder
from insonify.pretext.jigsaw import Jigsaw
from insonify.pretext.masked import MaskedFrame
from insonify.pretext.pace import Pace
from insonify.pretext.puzzle import Puzzle
from insonify.pretext.relative import RelativeTransform
from insonify.pretext.rotation import Rotation
from insonify.pretext.sequence import FrameSequence
from insonify.pretext.shared_views import SharedViews
from insonify.pretext.task import Answer, PretextTask
from insonify.pretext.transform import AffineTransform

__all__ = [
    "AffineTransform",
    "Answer",
    "Disentangled",
    "FrameOrder",
    "FrameSequence",
    "Jigsaw",
    "JointEmbedding",
    "MaskedFrame",
    "Pace",
    "PretextTask",
    "Puzzle",
    "RelativeTransform",
    "Rotation",
    "SharedViews",
]
