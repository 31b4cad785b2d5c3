from dataclasses import replace
from pathlib import Path

import pytest
import torch

from insonify.core.config import load_config, save_config
from insonify.model.encoder import Encoder
from insonify.pretext.task import source_size
from insonify.recipes import RECIPES, frame_by_frame, with_size
from insonify.train.building import new_model
from insonify.train.joint_loss import JointLoss
from insonify.train.options import PretrainOptions

SIZE = (32, 40)


def one_step(options: PretrainOptions) -> dict[str, float]:
    """Scores of a step of a tiny version of a recipe."""
    options = with_size(options, SIZE)
    encoder = Encoder("resnet10_half", channels=options.channels)
    model = new_model(encoder, options)
    margin = max(task.margin for task in options.tasks.values())
    shape = (2, options.clips.frames, *source_size(SIZE, margin))
    draw = torch.Generator().manual_seed(0)
    clips = torch.randint(0, 256, shape, generator=draw, dtype=torch.uint8)
    loss, scores = JointLoss(options)(model, clips, 0)
    loss.backward()  # type: ignore[no-untyped-call]
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    assert all(weight.grad is not None for weight in learnt)
    return scores


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_its_name_round_trips_and_takes_a_step(
    name: str, tmp_path: Path
) -> None:
    options = RECIPES[name]()
    assert options.recipe == name
    save_config(options, tmp_path / "config.json")
    assert load_config(PretrainOptions, tmp_path / "config.json") == options
    scores = one_step(options)
    assert {score.split(".")[0] for score in scores} == set(options.tasks)


@pytest.mark.parametrize("name", [name for name in RECIPES if "paper" in name])
def test_the_papers_recipes_are_as_published(name: str) -> None:
    options = RECIPES[name]()
    assert options.encoder == "seresnext50_half"
    assert options.clips.size == (224, 288)
    assert (options.clips.frames, options.batch) == (4, 32)
    how = options.optimisation
    assert (how.optimizer, how.learning_rate, how.weight_decay) == ("sgd", 0.1, 1e-4)
    epochs = [how.rate(step, 8) for step in range(8)]
    assert epochs == pytest.approx([0.1] * 6 + [0.01] * 2)
    assert not options.photometric.per_frame
    assert min(options.photometric.gamma, options.photometric.gain) > 0
    assert (options.clips.crop[0], options.flip.probability) == (0.7, 0.5)
    assert options.channels == (8 if name == "paper_disentangled" else 4)
    single = frame_by_frame(options)
    assert single.channels == 1
    assert one_step(single).keys() == one_step(options).keys()


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("siamese", ["order", "transform"]),
        ("disentangled", ["disentangled"]),
        ("order_only", ["order"]),
        ("transform_only", ["transform"]),
    ],
)
def test_small_twins_ask_what_the_papers_rows_ask(name: str, tasks: list[str]) -> None:
    small, full = RECIPES[name](), RECIPES[f"paper_{name}"]()
    assert list(small.tasks) == list(full.tasks) == tasks
    assert (small.encoder, small.clips.size) == ("resnet10_half", (64, 80))
    assert small.channels == 1
    assert replace(RECIPES["demo"](), recipe="", steps=1).encoder == small.encoder


def test_partly_shared_stages_are_the_siamese_variants_alone() -> None:
    private = {name: make().private for name, make in RECIPES.items()}
    assert private.pop("paper_siamese") == ("transform",)
    assert not any(private.values())
