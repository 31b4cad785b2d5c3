"""The contract of a pretext task: sample, apply, head, loss.

Legend: B batch, T frames of a clip, V views of a clip that the encoder sees, S stacks
of views, H rows, W columns, D features, C channels, h rows and w columns of a map.
"""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from torch import Generator, Tensor, nn

Answer: TypeAlias = dict[str, Tensor]
"""What was drawn for each clip of a batch; every tensor has B as its first axis."""

Input: TypeAlias = Literal["frames", "channels"]
"""Whether the encoder sees a clip frame by frame, or as the channels of one image."""


@runtime_checkable
class PretextTask(Protocol):
    """A question about a clip whose answer is known because we made it up.

    A task is a frozen dataclass: its fields are its options. All chance is in
    ``sample``; the same clips and the same answer give the same views bit for bit.
    """

    @property
    def weight(self) -> float:
        """Share of the total loss; 0 turns the task off."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the views."""

    @property
    def margin(self) -> float:
        """Side of the clips over the side of the views.

        Large enough that every pixel of every view has support in the clip.
        """

    @property
    def channels(self) -> int:
        """Views that enter the encoder together, as the channels of one image.

        The encoder then gives one vector for each such stack instead of each view.
        """

    @property
    def chance(self) -> dict[str, float]:
        """For each score, what is reached without looking."""

    def sample(self, batch: int, generator: Generator) -> Answer:
        """Draw the answers: all the chance, and the label."""

    def apply(self, clips_BTHW: Tensor, answer: Answer) -> Tensor:
        """Carry the answers out: (B, V, *size), float, on the clips' device."""

    def head(self, dim: int) -> nn.Module:
        """A module from features (B, S, D) to the output; S is V / channels."""

    def loss(self, output: Tensor, answer: Answer) -> Tensor:
        """The loss of an output, a scalar."""

    def score(self, output: Tensor, answer: Answer) -> dict[str, float]:
        """Figures to watch, such as accuracy; compare them with ``chance``."""


@runtime_checkable
class Taught(PretextTask, Protocol):
    """A task whose head is also given what a teacher makes of the views.

    The teacher is a slower copy of the encoder and of the head's module
    ``projection``; the head takes features (B, S, D) and the teacher's projections
    (B, S, E), which carry no gradient.
    """

    @property
    def momentum(self) -> float | None:
        """Share of its weights that the teacher keeps each step; None: no teacher."""


@runtime_checkable
class Told(PretextTask, Protocol):
    """A task whose answer is not all drawn: what is asked for is in the clips."""

    def told(self, clips_BTHW: Tensor, answer: Answer) -> Answer:
        """The answer, and what the clips say to it."""


def full_answer(task: PretextTask, clips_BTHW: Tensor, answer: Answer) -> Answer:
    """What was drawn and, where the task asks for it, what the clips say to it."""
    return task.told(clips_BTHW, answer) if isinstance(task, Told) else answer


@runtime_checkable
class Comparing(PretextTask, Protocol):
    """A task that may hold the clips of a batch against each other.

    The loss of any other task is the mean of the losses of its clips, so that processes
    which have a part of the batch each need not know of each other.
    """

    @property
    def compares_clips(self) -> bool:
        """Whether it does."""


def compares(task: PretextTask) -> bool:
    """Whether a task's loss and scores need the outputs of the whole batch."""
    return isinstance(task, Comparing) and task.compares_clips


@runtime_checkable
class Mapped(PretextTask, Protocol):
    """A task whose head may read the maps of the encoder's stages, not its features."""

    @property
    def reads_maps(self) -> bool:
        """Whether it does; its head is then that of :meth:`map_head`."""

    def map_head(self, dims: Sequence[int]) -> nn.Module:
        """A module from maps to the output.

        Args:
            dims: Channels of each stage's map. The module is given a list of maps
                (B, S, C, h, w), one a stage, the finest first.
        """


def source_size(size_HW: tuple[int, int], margin: float) -> tuple[int, int]:
    """The smallest clip size with this margin that has ``size_HW`` as exact centre.

    >>> source_size((112, 144), 1.25)
    (140, 180)
    """
    rows, columns = (side + 2 * _ceil(side * (margin - 1) / 2) for side in size_HW)
    return rows, columns


def centre(clips_BTHW: Tensor, size_HW: tuple[int, int]) -> Tensor:
    """The central window of the clips.

    Raises:
        ValueError: the clips are smaller than the window.
    """
    height, width = clips_BTHW.shape[-2:]
    if height < size_HW[0] or width < size_HW[1]:
        raise ValueError(f"clips of {height} by {width} are smaller than {size_HW}")
    top, left = (height - size_HW[0]) // 2, (width - size_HW[1]) // 2
    return clips_BTHW[..., top : top + size_HW[0], left : left + size_HW[1]]


def _ceil(value: float) -> int:
    """Round up, but not for a rounding error: 14.000000000000002 is 14."""
    return int(-(-(value - 1e-9) // 1))
