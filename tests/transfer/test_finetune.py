"""Fine-tuning: what is drawn, at which rate it learns, and that it does learn."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from insonify.clips.augment import Flip, Photometric
from insonify.core.errors import ConfigError
from insonify.model.checkpoint import Checkpoint
from insonify.train.loop import StepReport
from insonify.transfer.arms import Trial
from insonify.transfer.course import Course, FineTune
from insonify.transfer.finetune import draw_batches
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.plan import Job
from insonify.transfer.plane_finetune import balance, finetune_planes

SIZE, SOURCE = (32, 40), (36, 46)
QUICK = FineTune(steps=3, batch=4)
CLASSES = ("background", "coarse", "fine")


def textures(count: int) -> tuple[Tensor, LabelledFrames]:
    """Frames of a coarse and of a fine texture, one after the other."""
    generator = np.random.default_rng(0)
    frames = []
    for number in range(count):
        noise_HW = generator.normal(size=SOURCE)
        field_HW = ndimage.gaussian_filter(noise_HW, (3.0, 0.7)[number % 2])
        frames.append(128 + 50 * field_HW / field_HW.std())
    labelled = LabelledFrames(
        positions_N=np.arange(count),
        labels_N=np.arange(count) % 2 + 1,
        subjects_N=np.array([f"s-{number // 2}" for number in range(count)]),
        videos_N=np.array([f"v-{number}" for number in range(count)]),
        times_s_N=np.zeros(count),
        classes=CLASSES,
    )
    frames_NHW = np.clip(frames, 0, 255).astype(np.uint8)
    return torch.from_numpy(frames_NHW), labelled


def job_of(checkpoint: Checkpoint, **trial: Any) -> Job:
    known: dict[str, Any] = {"arm": "a", "fold": 0, "seed": 0, "untrained": False}
    return Job(
        trial=Trial(checkpoint=checkpoint, **(known | trial)),
        protocol="finetune",
        fraction=1.0,
        split="three",
    )


def tune(
    job: Job, options: FineTune, count: int = 12
) -> tuple[np.ndarray, list[StepReport]]:
    """Learn from all but the last eight frames, and predict those."""
    frames_NHW, labelled = textures(count)
    seen: list[StepReport] = []
    probabilities_BC = finetune_planes(
        job,
        frames_NHW,
        labelled,
        np.arange(count - 8),
        np.arange(count - 8, count),
        options=options,
        background="background",
        on_step=seen.append,
    )
    return probabilities_BC, seen


def test_textures_are_told_apart(
    new_checkpoint: Callable[..., Checkpoint],
) -> None:
    job = job_of(new_checkpoint(), untrained=True)
    options = FineTune(steps=100, batch=8, learning_rate=0.02)
    found_BC, seen = tune(job, options, 40)
    assert np.mean([step.loss for step in seen[-10:]]) < seen[0].loss / 2
    assert (found_BC.argmax(1) == np.arange(8) % 2 + 1).all()
    np.testing.assert_allclose(found_BC.sum(1), 1, atol=1e-5)
    assert (found_BC[:, 0] == 0).all()  # no frame of it to learn from


def test_the_checkpoint_stays_as_it_is_and_the_seed_decides(
    new_checkpoint: Callable[..., Checkpoint],
) -> None:
    known = new_checkpoint()
    before = {k: v.clone() for k, v in known.encoder.state_dict().items()}
    noise = torch.random.get_rng_state()
    (once, _), (again, _) = (tune(job_of(known), QUICK) for _ in range(2))
    other, _ = tune(job_of(known, seed=1), QUICK)
    assert torch.equal(torch.random.get_rng_state(), noise)
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    for name, tensor in known.encoder.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_untrained_weights_learn_at_four_times_the_rate(
    new_checkpoint: Callable[..., Checkpoint],
) -> None:
    known = new_checkpoint()
    _, trained = tune(job_of(known), QUICK)
    _, fresh = tune(job_of(known, untrained=True), QUICK)
    assert [step.rate for step in fresh] == [4 * step.rate for step in trained]
    twice = replace(QUICK, untrained_factor=2.0)
    _, fresh = tune(job_of(known, untrained=True), twice)
    assert fresh[0].rate == pytest.approx(0.02)


def test_the_supervised_reference_learns_for_longer(
    new_checkpoint: Callable[..., Checkpoint],
) -> None:
    job = job_of(new_checkpoint(), untrained=True, supervised=True)
    _, seen = tune(job, replace(QUICK, reference=2.0))
    assert len(seen) == 6


def test_a_rate_that_is_too_high_is_a_clear_error(
    new_checkpoint: Callable[..., Checkpoint],
) -> None:
    with pytest.raises(ConfigError, match="lower the learning rate"):
        tune(job_of(new_checkpoint()), FineTune(steps=20, batch=4, learning_rate=1e20))


def test_the_rate_falls_to_a_tenth_twice() -> None:
    course = Course(steps=50, learning_rate=1.0)
    rates = [round(course.rate(step, 50), 6) for step in range(50)]
    assert rates == [1.0] * 20 + [0.1] * 15 + [0.01] * 15


@pytest.mark.parametrize(
    ("background", "shares"),
    [("background", (1 / 2, 1 / 4, 1 / 4)), (None, (1 / 3, 1 / 3, 1 / 3))],
)
def test_sampling_is_balanced(
    background: str | None, shares: tuple[float, ...]
) -> None:
    labels_M = np.repeat([0, 1, 2], [70, 28, 2])
    weight_M = balance(labels_M, CLASSES, background)
    frames_NHW = torch.zeros(100, 3, 3, dtype=torch.uint8)
    batches = draw_batches(
        Course(batch=500), frames_NHW, (2, 2), np.arange(100), weight_M=weight_M, seed=0
    )
    drawn = np.concatenate([batch.places_B for batch in islice(batches, 8)])
    found = np.bincount(labels_M[drawn]) / len(drawn)
    np.testing.assert_allclose(found, shares, atol=0.03)


def test_background_alone_is_no_division_by_zero() -> None:
    assert balance(np.zeros(4, np.int64), CLASSES, "background").tolist() == [0.25] * 4


def test_only_chosen_frames_are_drawn() -> None:
    frames_NHW = torch.zeros(50, 3, 3, dtype=torch.uint8)
    chosen_M = np.array([3, 17, 40])
    batches = draw_batches(Course(batch=64), frames_NHW, (2, 2), chosen_M, seed=0)
    drawn = {place for batch in islice(batches, 20) for place in batch.places_B}
    assert drawn == set(chosen_M.tolist())


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    frames_NHW, _ = textures(20)

    def batches(first: int, seed: int = 0) -> list[Any]:
        course = Course(batch=4)
        drawn = draw_batches(
            course, frames_NHW, SIZE, np.arange(20), seed=seed, first=first
        )
        return list(islice(drawn, 3))

    for one, again in zip(batches(0)[1:], batches(1), strict=False):
        np.testing.assert_array_equal(one.places_B, again.places_B)
        assert torch.equal(one.views_BHW, again.views_BHW)
        assert torch.equal(one.light_B13, again.light_B13)
    assert not torch.equal(batches(0)[0].views_BHW, batches(0, seed=1)[0].views_BHW)


def test_without_augmentation_the_views_are_those_of_the_frames() -> None:
    frames_NHW, _ = textures(6)
    still = Course(
        batch=3,
        flip=Flip(probability=0),
        photometric=Photometric(gamma=0, gain=0, slope=0),
    )
    drawn = draw_batches(still, frames_NHW, SOURCE, np.arange(6), seed=0)
    batch = next(drawn)
    assert torch.equal(batch.views_BHW, frames_NHW[batch.places_B])
    assert (batch.light_B13 == 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {"steps": 0},
        {"batch": 0},
        {"margin": 0.9},
        {"learning_rate": 0.0},
        {"weight_decay": -1.0},
        {"untrained_factor": 0.0},
        {"reference": -1.0},
        {"rates": ()},
        {"rates": (0.1, 0.1)},
        {"rates": (0.1, -0.1)},
        {"trial_steps": 5},
        {"rates": (0.1, 0.2), "trial_steps": 0},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must be"):
        replace(QUICK, **options)
