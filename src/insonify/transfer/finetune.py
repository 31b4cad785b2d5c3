"""Encoder and head learn together from labelled frames.

Legend: N frames, M frames to learn from, B batch, H rows, W columns.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Generator, Tensor, nn

from insonify.core.errors import DivergedError
from insonify.train.loop import State, StepReport, fit
from insonify.train.precision import precision_of
from insonify.transfer.course import Course
from insonify.transfer.crops import Crop, centre_crop, random_crop
from insonify.transfer.examples import Integers


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Frames to learn from in one step."""

    places_B: Integers
    """Which frames."""
    crop: Crop
    """Where their views lie."""
    views_BHW: Tensor
    """The views, uint8."""
    light_B13: Tensor
    """How their brightness is to be changed."""


Criterion = Callable[[Tensor, Batch], Tensor]
"""From a model's output and the batch to the loss."""
Adjust = Callable[[Integers, Crop], Crop]
"""From places and drawn crop to the crop that is taken."""


def draw_batches(
    course: Course,
    frames_NHW: Tensor,
    size: tuple[int, int],
    chosen_M: Integers,
    *,
    weight_M: Tensor | None = None,
    seed: int,
    first: int = 0,
    adjust: Adjust = lambda _, crop: crop,
) -> Iterator[Batch]:
    """Yield the batches of steps ``first``, ``first + 1``, …, each drawn by itself.

    Args:
        course: Size of a batch, mirroring and brightness.
        frames_NHW: All frames, larger than the views.
        size: Rows and columns of the views.
        chosen_M: Places of the frames to learn from.
        weight_M: How often each is drawn; None: all equally often.
        seed: With the step, the seed of all chance.
        first: The first step.
        adjust: Has the last word on where the views lie.
    """
    source = (frames_NHW.shape[1], frames_NHW.shape[2])
    weight_M = torch.ones(len(chosen_M)) if weight_M is None else weight_M
    for step in count(first):
        generator = Generator().manual_seed(step_seed(seed, step))
        drawn_B = torch.multinomial(weight_M, course.batch, True, generator=generator)
        places_B = chosen_M[drawn_B.numpy()]
        crop = random_crop(course.batch, source, size, course.flip, generator)
        crop = adjust(places_B, crop)
        yield Batch(
            places_B=places_B,
            crop=crop,
            views_BHW=crop.views(frames_NHW[torch.from_numpy(places_B)]),
            light_B13=course.photometric.sample(course.batch, 1, generator),
        )


def begin(course: Course, model: nn.Module) -> tuple[Fabric, State]:
    """Put the model where it learns, with its optimiser, at step 0."""
    fabric = Fabric(devices=1, precision=precision_of(course.precision))
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=course.learning_rate,
        momentum=course.momentum,
        weight_decay=course.weight_decay,
    )
    wrapped, optimizer = fabric.setup(model, optimizer)
    return fabric, State(model=wrapped, optimizer=optimizer)


def learn(
    course: Course,
    fabric: Fabric,
    state: State,
    batches: Iterator[Batch],
    criterion: Criterion,
    *,
    steps: int,
    factor: float = 1.0,
    on_step: Callable[[StepReport], None],
) -> None:
    """Learn until ``state.step`` reaches ``steps``, at ``factor`` times the rate.

    Raises:
        DivergedError: the loss is not finite.
    """

    def loss_of(
        model: nn.Module, batch: Batch, _: int
    ) -> tuple[Tensor, dict[str, float]]:
        views_B1HW = batch.views_BHW[:, None].to(fabric.device).float() / 255
        light_B13 = batch.light_B13.to(fabric.device)
        views_B1HW = course.photometric.apply(views_B1HW, light_B13)
        return criterion(model(views_B1HW[:, 0]).float(), batch), {}

    with refuse_divergence():
        fit(
            fabric,
            state,
            batches,
            loss_of,
            steps=steps,
            rate_of=lambda step: factor * course.rate(step, steps),
            on_step=on_step,
        )


@contextmanager
def refuse_divergence() -> Iterator[None]:
    """Turn a loss that is not finite into an error that says what to do.

    Raises:
        DivergedError: the loss is not finite.
    """
    try:
        yield
    except FloatingPointError as error:
        raise DivergedError(
            f"training diverged ({error}); lower the learning rate"
        ) from None


@torch.inference_mode()
def predict(
    model: nn.Module, frames_NHW: Tensor, size: tuple[int, int], batch: int
) -> Tensor:
    """The model's output for the central views of frames, on the CPU."""
    device = next(model.parameters()).device
    model.eval()
    parts = []
    for part_BHW in torch.split(frames_NHW, batch):
        source = (part_BHW.shape[1], part_BHW.shape[2])
        views_BHW = centre_crop(len(part_BHW), source, size).views(part_BHW)
        parts.append(model(views_BHW.to(device)).float().cpu())
    return torch.cat(parts)


def step_seed(seed: int, step: int) -> int:
    """A seed for the chance of one step, which nothing else shares."""
    return int(np.random.SeedSequence((seed, step)).generate_state(1)[0])
