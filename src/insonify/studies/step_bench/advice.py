"""What to do about what was measured."""

from collections.abc import Iterator
from typing import Final

from insonify.studies.step_bench.bench import StepBench
from insonify.studies.step_bench.training import OPTIMISER, WAITING
from insonify.studies.step_bench.watched import LOOKS, WARPS

_WAITS: Final = 0.05
"""Share of a step from which waiting for data is worth a word."""
_AUGMENTS: Final = 0.35
_GOAL: Final = 0.6
"""Share of the convolutions' limit that an encoder should reach."""


def advice(bench: StepBench) -> Iterator[str]:
    """Sentences, the most useful first; none where all is well."""
    machine, parts = bench.machine, bench.steps.parts
    whole = sum(parts.values())
    on_cpu = machine.device == "CPU"
    if on_cpu and machine.load > machine.cores / 2:
        yield (
            f"others use the processor (load {machine.load:.1f} on {machine.cores} "
            "cores), and these figures suffer; where that stays so, "
            "OMP_NUM_THREADS=1 may be faster"
        )
    if on_cpu and machine.threads < machine.cores:
        yield (
            f"torch uses {machine.threads} of {machine.cores} cores; set "
            f"OMP_NUM_THREADS={machine.cores} if nothing else runs"
        )
    if parts.get(WAITING, 0.0) > _WAITS * whole:
        yield _about_waiting(bench)
    if not machine.bf16:
        yield (
            "no bf16 instructions here: a step takes about twice as long as with them; "
            "a smaller --encoder (resnet10_half) or --size helps most"
        )
    elif bench.precision == "32-true":
        yield "bf16 is fast here; --precision auto takes it"
    if on_cpu and not machine.keeps_memory:
        yield (
            "freed memory goes back to the system (another C library, or its limits "
            "are set by MALLOC_… or GLIBC_TUNABLES), which costs a small encoder a "
            "third of its time"
        )
    if parts.get(WARPS, 0.0) + parts.get(LOOKS, 0.0) > _AUGMENTS * whole:
        yield (
            "warps, brightness and texture take much of a step, for they are done in "
            "fp32 on every frame; a larger encoder costs less here than it seems"
        )
    if bench.speed.convolutions and bench.speed.convolution_share < _GOAL:
        yield (
            f"convolutions could be done in {bench.speed.convolution_share:.0%} of the "
            "encoder's time; normalisation, activation, pooling, or another process "
            "take the rest: a larger --batch, or fewer and wider layers, use more"
        )
    if parts.get(OPTIMISER, 0.0) > 0.2 * whole:
        yield "the optimiser takes a fifth of a step: a larger --batch calls it less"


def _about_waiting(bench: StepBench) -> str:
    share = bench.steps.parts[WAITING] / sum(bench.steps.parts.values())
    said = f"waiting for data takes {share:.0%} of a step"
    if bench.read and bench.read[0] > 2 * bench.read[1]:
        return (
            f"{said}: a batch takes {bench.read[0]:.2f} s from the store and "
            f"{bench.read[1]:.2f} s from memory; raise --cache-mb to hold an epoch's "
            "frames, or --workers for the first epoch"
        )
    return f"{said}: raise --workers, one a spare core"
