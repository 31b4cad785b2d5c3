"""What every pretext task must keep; a new task joins with a line in TASKS."""

from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from insonify.model.teacher import Teacher
from insonify.pretext import (
    AffineTransform,
    Answer,
    Disentangled,
    FrameOrder,
    FrameSequence,
    Jigsaw,
    JointEmbedding,
    MaskedFrame,
    Pace,
    PretextTask,
    Puzzle,
    RelativeTransform,
    Rotation,
    SharedViews,
)
from insonify.pretext.embedding_options import MethodName
from insonify.pretext.frame_order import order_class
from insonify.pretext.heads import paths
from insonify.pretext.task import (
    Mapped,
    Taught,
    centre,
    compares,
    full_answer,
    source_size,
)
from insonify.pretext.warp import Warp

SIZE = (48, 64)
MILD = Warp(size=SIZE, rotation=10.0, scale=1.1, translation=0.02, shear=2.0)
"""Warps that move less than the clips do, so that their order can be seen."""
LEARNT, STEPS = 640, 300
"""Clips that a head learns from, and steps of 128 of them."""
TASKS = [
    FrameOrder(size=SIZE),
    FrameOrder(size=SIZE, frames=3),
    AffineTransform(size=SIZE),
    AffineTransform(size=SIZE, margin=2.4),
    AffineTransform(size=SIZE, frames=1),
    FrameOrder(size=SIZE, input="channels"),
    AffineTransform(size=SIZE, input="channels"),
    Disentangled(order=FrameOrder(size=SIZE), transform=AffineTransform(size=SIZE)),
    RelativeTransform(warp=Warp(size=SIZE)),
    RelativeTransform(warp=Warp(size=SIZE), same_frame=True),
    RelativeTransform(warp=Warp(size=SIZE), shown=4),
    FrameOrder(size=SIZE, reading="path"),
    SharedViews(
        order=FrameOrder(size=SIZE, reading="path"),
        relative=RelativeTransform(warp=MILD, shown=4),
    ),
    Disentangled(
        order=FrameOrder(size=SIZE, input="channels"),
        transform=AffineTransform(size=SIZE, input="channels"),
    ),
    FrameSequence(size=SIZE),
    FrameSequence(size=SIZE, asked="full"),
    Pace(size=SIZE),
    Rotation(size=SIZE),
    Jigsaw(size=SIZE),
    *(
        JointEmbedding(method=name, warp=MILD, hidden=64, outputs=64)
        for name in get_args(MethodName)
    ),
    JointEmbedding(warp=MILD, hidden=64, outputs=64, shown=3),
    JointEmbedding(warp=MILD, hidden=64, outputs=64, levels=2),
    FrameOrder(size=SIZE, reading="maps"),
    MaskedFrame(size=SIZE),
]


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def identity(task: PretextTask) -> Answer:
    frames = getattr(task, "frames", 4)
    drawn = task.sample(5, generator())
    views = drawn["shown"].shape[1] if "shown" in drawn else 0
    moving = not getattr(task, "same_frame", False)
    still = {
        "order": torch.arange(frames).expand(5, -1),
        "parameters": torch.zeros(5, 5),
        "shown": torch.arange(views).expand(5, -1) * moving,
        "warps": torch.zeros_like(drawn.get("warps", torch.empty(0))),
        "turns": torch.zeros(5, dtype=torch.long),
        "arrangement": torch.zeros(5, dtype=torch.long),
        "shifts": torch.zeros(5, 4, 2),
        "blend": torch.ones(5),
        "hidden": torch.empty(5, 0, dtype=torch.long),
    }
    return {name: still[name] for name in drawn}


def clips_for(task: PretextTask, batch: int = 5, *, blur: int = 5) -> Tensor:
    """Smooth random clips that drift by two pixels a frame, with values in (0, 1]."""
    frames = getattr(task, "frames", 4)
    height, width = source_size(SIZE, task.margin)
    noise = torch.rand(batch, 1, height + 16, width + 32, generator=generator(1))
    smooth = F.avg_pool2d(noise, blur, stride=1)
    smooth = (smooth - smooth.amin()) / (smooth.amax() - smooth.amin()) + 0.01
    lefts = [2 + 2 * time for time in range(frames)]
    return torch.cat([smooth[:, :, :height, x : x + width] for x in lefts], 1)


@pytest.mark.parametrize("task", TASKS, ids=repr)
class TestContract:
    def test_it_is_a_pretext_task(self, task: PretextTask) -> None:
        assert isinstance(task, PretextTask)

    def test_same_answer_same_views_bit_for_bit(self, task: PretextTask) -> None:
        clips = clips_for(task)
        answer = task.sample(5, generator())
        before = clips.clone()
        assert torch.equal(task.apply(clips, answer), task.apply(clips, answer))
        assert torch.equal(clips, before)

    def test_same_generator_same_answer(self, task: PretextTask) -> None:
        answers = [task.sample(5, generator(seed)) for seed in (0, 0, 1)]
        for key in answers[0]:
            assert torch.equal(answers[0][key], answers[1][key])
            assert not torch.equal(answers[0][key], answers[2][key])
            assert len(answers[0][key]) == 5

    def test_the_global_generator_is_untouched(self, task: PretextTask) -> None:
        state = torch.get_rng_state()
        task.apply(clips_for(task), task.sample(5, generator()))
        assert torch.equal(torch.get_rng_state(), state)

    def test_a_clip_does_not_depend_on_the_others_of_its_batch(
        self, task: PretextTask
    ) -> None:
        clips, drawn = clips_for(task, 6), task.sample(6, generator())
        odd = {name: drawn_B[1::2] for name, drawn_B in drawn.items()}
        whole, part = task.apply(clips, drawn), task.apply(clips[1::2], odd)
        torch.testing.assert_close(part, whole[1::2])
        if compares(task):
            return
        answer = full_answer(task, clips, drawn)
        shape = perfect_output(task, answer).shape
        output = torch.randn(shape, generator=generator(2))
        parts = [
            task.loss(
                output[first::2],
                {name: each[first::2] for name, each in answer.items()},
            )
            for first in (0, 1)
        ]
        torch.testing.assert_close(torch.stack(parts).mean(), task.loss(output, answer))

    def test_the_identity_changes_nothing(self, task: PretextTask) -> None:
        clips = clips_for(task)
        answer = identity(task)
        views = task.apply(clips, answer)
        shown = centre(clips, SIZE)
        if "shown" in answer:
            shown = shown[:, answer["shown"][0]][:, : views.shape[1]]
        repeats = views.shape[1] // shown.shape[1]
        assert torch.allclose(views, shown.repeat(1, repeats, 1, 1), atol=1e-5)

    def test_every_pixel_has_support_in_the_source(self, task: PretextTask) -> None:
        frames = getattr(task, "frames", 4)
        for seed in range(40):
            ones = torch.ones(5, frames, *source_size(SIZE, task.margin))
            views = task.apply(ones, task.sample(5, generator(seed)))
            assert views.shape[2:] == SIZE
            assert torch.allclose(views, torch.ones_like(views), atol=1e-5)

    def test_clips_that_are_too_small_are_refused(self, task: PretextTask) -> None:
        clips = clips_for(task)[..., : SIZE[0] - 1, :]
        with pytest.raises(ValueError, match="clip"):
            task.apply(clips, task.sample(5, generator()))

    def test_a_perfect_output_has_the_least_loss_and_the_best_score(
        self, task: PretextTask
    ) -> None:
        answer = full_answer(task, clips_for(task), task.sample(5, generator()))
        perfect = perfect_output(task, answer)
        random = torch.randn(perfect.shape, generator=generator())
        assert task.loss(perfect, answer) < task.loss(random, answer)
        if not isinstance(task, JointEmbedding):
            assert task.loss(perfect, answer) < 1e-3
        scores, chance = task.score(perfect, answer), task.chance
        assert set(scores) == set(chance)
        for name, score in scores.items():
            assert score == pytest.approx(1.0)
            assert chance[name] < 1

    def test_guessing_scores_chance(self, task: PretextTask) -> None:
        few = isinstance(task, JointEmbedding | MaskedFrame)
        count = 500 if few else 20_000
        answer = task.sample(count, generator())
        if isinstance(task, MaskedFrame):
            answer = task.told(clips_for(task, count), answer)
        perfect = perfect_output(task, answer)
        guess = torch.randn(perfect.shape, generator=generator(9))
        guess *= not isinstance(task, MaskedFrame)
        if "r2" in task.chance:
            numbers = len(truth_of(task, answer)[0]) if "warps" in answer else 5
            guess[:, -numbers:] = perfect[:, -numbers:].mean(0)
        for name, score in task.score(guess, answer).items():
            assert score == pytest.approx(task.chance[name], abs=0.02)

    def test_a_head_learns_what_is_learnable_and_nothing_else(
        self, task: PretextTask
    ) -> None:
        learnable = train_head(task, moving=True)
        hopeless = train_head(task, moving=False)
        for name, chance in task.chance.items():
            assert learnable[name] > chance + 0.3
            if getattr(task, "method", None) != "uscl":  # Its views share a frame.
                assert hopeless[name] < chance + 0.15


def perfect_output(task: PretextTask, answer: Answer) -> Tensor:
    if isinstance(task, Puzzle):
        return F.one_hot(task.truth(answer), len(task.names)).float() * 50
    if isinstance(task, JointEmbedding):  # Every clip has a direction of its own.
        return 3 * torch.eye(len(answer["shown"]))[:, None].repeat(
            1, task.shown, 2 * task.levels
        )
    if isinstance(task, MaskedFrame):
        whole = torch.zeros(len(answer["pixels"]), task.patches, task.patch**2)
        places = answer["hidden"][..., None].expand(-1, -1, task.patch**2)
        return whole.scatter(1, places, answer["pixels"])
    parts = []
    if "order" in answer:
        classes = len(paths(answer["order"].shape[1]))
        parts.append(F.one_hot(order_class(answer["order"]), classes).float() * 50)
    if "parameters" in answer:
        parts.append(answer["parameters"])
    if "warps" in answer:
        parts.append(truth_of(task, answer))
    return torch.cat(parts, 1)


def truth_of(task: PretextTask, answer: Answer) -> Tensor:
    """The relative transforms of a task that asks for them."""
    relative = task.relative if isinstance(task, SharedViews) else task
    assert isinstance(relative, RelativeTransform)
    return relative.truth(answer)


class Landmarks(nn.Module):
    """Where two bright spots are, in pixels of the centre: a perfect encoder.

    Told twice, so that either half of the features has it all; what a stack's views
    show is one vector.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.dim = 2 * 6 * channels

    def forward(self, views_BVHW: Tensor) -> Tensor:
        seen_BV6 = self.look(views_BVHW)
        batch = len(views_BVHW)
        stacks_BSD = seen_BV6.reshape(batch, -1, 6 * self.channels)
        return torch.cat([stacks_BSD, stacks_BSD], 2)

    def look(self, views_BVHW: Tensor) -> Tensor:
        height, width = views_BVHW.shape[2:]
        down_H = torch.linspace(-1, 1, height)
        right_W = torch.linspace(-1, 1, width)
        parts = []
        for low, high in ((0.2, 0.6), (0.6, 2.0)):
            spot = views_BVHW * ((views_BVHW > low) & (views_BVHW <= high))
            mass = spot.sum((2, 3)).clamp_min(1e-6)
            parts.append((spot.sum(3) * down_H).sum(2) / mass)
            parts.append((spot.sum(2) * right_W).sum(2) / mass)
            parts.append(mass.sqrt() / 10)
        return torch.stack(parts, 2)


def spots(task: PretextTask, batch: int, seed: int, *, moving: bool) -> Tensor:
    """Two spots of different brightness that move to the right, or noise.

    Where they begin differs little from clip to clip, but for a task that is to tell
    clips apart.
    """
    frames = getattr(task, "frames", 4)
    height, width = source_size(SIZE, task.margin)
    draw = generator(seed)
    if not moving:
        return torch.rand(batch, frames, height, width, generator=draw)
    down_H = torch.arange(height)[:, None] - height / 2
    right_W = torch.arange(width) - width / 2
    told = isinstance(task, JointEmbedding)
    start_B = torch.rand(batch, generator=draw) * 4 - 2
    own_BS2 = torch.rand(batch, 2, 2, 1, 1, generator=draw) * 12 - 6
    clips = torch.zeros(batch, frames, height, width)
    for spot, (bright, y, x) in enumerate(((0.4, -8.0, -8.0), (1.0, 8.0, 4.0))):
        y_B, x_B = (own_BS2[:, spot] * told).unbind(1)
        for time in range(frames):
            left_B = x + start_B[:, None, None] + 3 * time + x_B
            far = (down_H - y - y_B) ** 2 + (right_W - left_B) ** 2
            clips[:, time] += bright * (far < 25)
    return clips


def train_head(task: PretextTask, *, moving: bool) -> dict[str, float]:
    eye = Landmarks(task.channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = task.head(eye.dim)
        if isinstance(task, Mapped) and task.reads_maps:
            head = task.map_head((eye.dim,) * 2)
    momentum = task.momentum if isinstance(task, Taught) else None
    reader = Reader(head, momentum, maps=2 * getattr(task, "reads_maps", False))
    optimizer = torch.optim.Adam(head.parameters(), lr=3e-3)
    seen, answer = look(task, eye, LEARNT, seed=0, moving=moving)
    draw = generator(1)
    for _ in range(STEPS):
        few_B = torch.randint(LEARNT, (128,), generator=draw)
        own = {name: drawn[few_B] for name, drawn in answer.items()}
        loss = task.loss(reader(seen[few_B]), own)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.inference_mode():
        seen, answer = look(task, eye, 256, seed=1, moving=moving)
        output = reader(seen)
        if not isinstance(task, JointEmbedding):
            return task.score(output, answer)
        found = [task.score(few, answer)["retrieval"] for few in output.split(16)]
        return {"retrieval": sum(found) / len(found)}


class Reader(nn.Module):
    """A head, with a teacher where its task has one.

    One that reads maps is given as many as it asks for, of one place each.
    """

    def __init__(self, head: nn.Module, momentum: float | None, maps: int) -> None:
        super().__init__()
        self.head = head
        self.maps = maps
        self.eye = nn.Identity()
        if momentum is not None:
            projection = head.get_submodule("projection")
            self.teacher = Teacher(self.eye, projection, momentum)

    def forward(self, seen_BSD: Tensor) -> Tensor:
        if self.maps:
            read: Tensor = self.head([seen_BSD[..., None, None]] * self.maps)
            return read
        given = [seen_BSD]
        if hasattr(self, "teacher"):
            self.teacher.follow(self.eye, self.head.get_submodule("projection"))
            taught_NE = self.teacher(seen_BSD.flatten(0, 1))
            given.append(taught_NE.view(*seen_BSD.shape[:2], -1))
        output: Tensor = self.head(*given)
        return output


def look(
    task: PretextTask, eye: Landmarks, count: int, *, seed: int, moving: bool
) -> tuple[Tensor, Answer]:
    """What the eye sees of clips, and the answers it is asked for."""
    clips = spots(task, count, seed, moving=moving)
    answer = full_answer(task, clips, task.sample(count, generator(seed)))
    return eye(task.apply(clips, answer)), answer
