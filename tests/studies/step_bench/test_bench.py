from dataclasses import replace

import pytest
import torch

from insonify.core.errors import ConfigError
from insonify.recipes import RECIPES, with_size
from insonify.store import Store
from insonify.studies.step_bench import bench as bench_module
from insonify.studies.step_bench import convolutions, encoder_speed
from insonify.studies.step_bench.advice import advice
from insonify.studies.step_bench.bench import StepBench, bench_step
from insonify.studies.step_bench.clock import Clock
from insonify.studies.step_bench.steps import time_steps
from insonify.studies.step_bench.training import WAITING, prepare
from insonify.studies.step_bench.watched import (
    ENCODER,
    HEADS,
    LOOKS,
    TRANSFER,
    WARPS,
    watch_network,
    watched_options,
)
from insonify.train.joint_loss import JointLoss
from insonify.train.options import PretrainOptions


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps, and memory as the tests had it."""
    monkeypatch.setattr(bench_module, "_STEPS_BUDGET", 0.0)
    monkeypatch.setattr(encoder_speed, "_BUDGET", 0.5)
    monkeypatch.setattr(encoder_speed, "_SIDE", {"cpu": 512})
    monkeypatch.setattr(convolutions, "_BUDGET", 0.02)
    monkeypatch.setattr(bench_module, "keep_freed_memory", lambda: True)


def tiny(recipe: str) -> PretrainOptions:
    options = with_size(RECIPES[recipe](), (32, 40))
    return replace(options, batch=4, encoder="resnet10_half", precision="32-true")


@pytest.mark.parametrize("recipe", ["insonify", "siamese", "hico", "byol", "mae"])
def test_watching_a_step_changes_nothing_of_it(recipe: str) -> None:
    pytest.importorskip("lightly")
    training, _ = prepare(tiny(recipe), None)
    clock = Clock(training.device)
    batch = next(training.batches)
    plain, scores = JointLoss(training.options)(training.wrapped, batch, 3)
    fresh, _ = prepare(tiny(recipe), None)
    end = watch_network(fresh.model, clock)
    with clock.part(TRANSFER):
        loss, found = JointLoss(watched_options(fresh.options, clock))(
            fresh.wrapped, batch, 3
        )
    end()
    assert torch.equal(loss, plain)
    assert found == scores
    assert set(clock.seconds) == {TRANSFER, WARPS, LOOKS, ENCODER, HEADS}
    hooked = [m for m in fresh.model.modules() if m._forward_hooks]
    assert not hooked


def test_steps_are_those_that_fit_makes() -> None:
    training, _ = prepare(tiny("insonify"), None)
    other, _ = prepare(tiny("insonify"), None)
    time_steps(training, 0.0)
    loss_of = JointLoss(other.options)
    for step in range(training.step):
        loss, _ = loss_of(other.wrapped, next(other.batches), step)
        other.fabric.backward(loss)
        other.optimizer.step()
        other.optimizer.zero_grad()
    for mine, theirs in zip(
        training.model.parameters(), other.model.parameters(), strict=True
    ):
        assert torch.equal(mine, theirs)


def test_the_parts_of_a_step_are_all_of_it(store: Store) -> None:
    found = bench_step(tiny("insonify"), store)
    steps = found.steps
    assert steps.counted == 2
    assert sum(steps.parts.values()) == pytest.approx(steps.seconds, rel=1.0)
    assert WAITING in steps.parts
    assert found.images == 16
    assert found.images_a_second == 16 / steps.seconds
    assert found.read is not None
    assert min(found.read) > 0
    assert found.precision == "32-true"


def test_the_limit_is_below_the_encoders_time() -> None:
    speed = bench_step(replace(tiny("siamese"), batch=8)).speed
    assert 0 < speed.convolution_limit < speed.seconds
    assert 0 < speed.convolution_share < 1
    by_hand = speed.operations / speed.seconds / speed.matmul_rate
    assert speed.matmul_share == by_hand


def test_labels_need_a_store() -> None:
    with pytest.raises(ConfigError, match="--store"):
        prepare(tiny("awcl"), None)


def made(found: StepBench, **changes: float) -> StepBench:
    steps = replace(found.steps, parts=found.steps.parts | changes)
    return replace(found, steps=steps)


def test_advice_is_given_where_it_is_due() -> None:
    found = bench_step(tiny("insonify"))
    machine = replace(
        found.machine,
        device="CPU",
        load=0.0,
        cores=2,
        threads=2,
        bf16=True,
        keeps_memory=True,
    )
    calm = replace(found, machine=machine, precision="bf16-mixed")
    whole = sum(calm.steps.parts.values())
    slow = replace(made(calm, **{WAITING: whole}), read=(1.0, 0.1))
    assert any("--cache-mb" in said for said in advice(slow))
    assert any("--workers" in said for said in advice(replace(slow, read=None)))
    cases = {
        "others use the processor": replace(machine, load=5.0),
        "torch uses 1 of 2 cores": replace(machine, threads=1),
        "no bf16 instructions": replace(machine, bf16=False),
        "freed memory": replace(machine, keeps_memory=False),
    }
    for words, other in cases.items():
        assert any(words in said for said in advice(replace(calm, machine=other)))
        assert not any(words in said for said in advice(calm))
    assert any("--precision" in s for s in advice(replace(calm, precision="32-true")))
    assert next(advice(slow)).startswith("waiting")
