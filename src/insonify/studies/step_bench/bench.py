"""Where a step's time goes, and how far it is from the machine, in one record."""

import os
from dataclasses import dataclass
from typing import Final

import torch

from insonify.core.heap import keep_freed_memory
from insonify.store import Store
from insonify.studies.step_bench.encoder_speed import EncoderSpeed, encoder_speed
from insonify.studies.step_bench.steps import Steps, read_seconds, time_steps
from insonify.studies.step_bench.training import prepare
from insonify.train.options import PretrainOptions
from insonify.train.precision import precision_of

_STEPS_BUDGET: Final = 15.0
"""Seconds of steps."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What it was measured on."""

    device: str
    cores: int
    """Processor cores that this process may use."""
    threads: int
    """Threads that torch uses."""
    load: float
    """Processes that ran or waited to in the minute before it began."""
    bf16: bool
    """Whether there are instructions for it."""
    keeps_memory: bool
    """Whether freed memory is kept; on the CPU that saves page faults."""
    torch: str


@dataclass(frozen=True, kw_only=True)
class StepBench:
    """What was measured of a recipe's step; times in seconds."""

    recipe: str
    encoder: str
    size: tuple[int, int]
    batch: int
    precision: str
    machine: Machine
    images: int
    """Frames that the encoder sees in a step."""
    steps: Steps
    read: tuple[float, float] | None
    """To read a batch from the store, and from memory; None without a store."""
    speed: EncoderSpeed

    @property
    def images_a_second(self) -> float:
        """Frames that the encoder learns from."""
        return self.images / self.steps.seconds


def bench_step(options: PretrainOptions, store: Store | None = None) -> StepBench:
    """Measure; about half a minute, more where a step takes many seconds.

    Nothing is written. This process keeps the memory that it frees afterwards, as one
    that pretrains does.

    Args:
        options: The recipe.
        store: Whose clips to read; random frames without.

    Raises:
        ConfigError: the recipe cannot be run here, or not without a store.
        StoreError: the store has no clip.
    """
    load, kept = _load(), keep_freed_memory()
    training, loader = prepare(options, store)
    steps = time_steps(training, _STEPS_BUDGET)
    training.batches.close()
    read = read_seconds(loader) if loader else None
    speed = encoder_speed(training.model.encoder, training.fabric, training.stacks)
    return StepBench(
        recipe=options.recipe,
        encoder=options.encoder,
        size=options.clips.size,
        batch=options.batch,
        precision=precision_of(options.precision),
        machine=_machine(training.device, load, kept),
        images=training.images,
        steps=steps,
        read=read,
        speed=speed,
    )


def _machine(device: torch.device, load: float, kept: bool) -> Machine:
    on_gpu = device.type == "cuda"
    return Machine(
        device=torch.cuda.get_device_name(device) if on_gpu else "CPU",
        cores=_cores(),
        threads=torch.get_num_threads(),
        load=load,
        bf16=precision_of("auto") == "bf16-mixed",
        keeps_memory=kept,
        torch=torch.__version__,
    )


def _load() -> float:
    """Of the last minute; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
