"""The questions that each kind of task asks."""

from insonify.audit import asked
from insonify.audit.asked import Asked
from insonify.core.errors import ConfigError
from insonify.pretext import (
    AffineTransform,
    FrameOrder,
    JointEmbedding,
    PretextTask,
    Puzzle,
    RelativeTransform,
    SharedViews,
)
from insonify.pretext.disentangled import Disentangled


def questions_of(task: PretextTask, batch: int) -> tuple[Asked, ...]:
    """The questions that a task asks.

    Args:
        task: What the network was taught by.
        batch: Clips that it sees together; a clip is to be found among so many.

    Raises:
        ConfigError: the task has no answers that are right or wrong.
    """
    every = slice(None)
    match task:
        case FrameOrder():
            found = [asked.order(task.frames, every, every)]
        case AffineTransform():
            found = [asked.transform(every, (asked.registered(task),))]
        case Disentangled():
            order, rest = slice(task.order.classes), slice(task.order.classes, None)
            found = [
                asked.order(task.frames, order, slice(task.frames, None)),
                asked.transform(rest, ()),
            ]
        case RelativeTransform():
            found = [asked.relative(task, every)]
        case SharedViews():
            order, rest = slice(task.order.classes), slice(task.order.classes, None)
            found = [
                asked.order(task.frames, order, every),
                asked.relative(task.relative, rest),
            ]
        case Puzzle():
            found = [asked.puzzle(task)]
        case JointEmbedding():
            found = [asked.retrieval(task, batch)]
        case _:
            raise ConfigError(
                f"{type(task).__name__} asks nothing that can be right or wrong; audit "
                "a run that orders frames, predicts transforms, solves a puzzle or "
                "embeds views"
            )
    return tuple(found)
