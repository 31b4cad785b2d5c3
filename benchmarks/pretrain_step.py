"""Our training step against a plain fp32 NCHW PyTorch step: same network, same images.

python benchmarks/pretrain_step.py [--rounds 5] [--encoders resnet18 seresnext50_half]
    [--recipes insonify siamese] [--store STORE]

On the CPU, in the precision that ``auto`` chooses there; bf16 is left out where the
machine has no instructions for it and would emulate it, for minutes a step.

Rounds alternate between the variants, so that a machine that slows down slows all. Each
round also times an fp32 matrix product: what the machine could do at most, against the
rate that the variant reaches on the floating-point operations of its forward and
backward pass (a multiplication and an addition are two; torch.utils.flop_counter).

A second table has the whole step of recipes, before and after what was done about the
slow parts of it (benchmarks/whole_step.py); with a store its loader feeds them.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from lightning.fabric import Fabric
from table import show
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from whole_step import as_before, hand_memory_back, measure_whole

from insonify.core.heap import keep_freed_memory
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.train.optimisation import Optimisation
from insonify.train.precision import Precision, precision_of

FRAMES = torch.rand(96, 112, 112, generator=torch.Generator().manual_seed(0))
_PLAIN = "plain: fp32, NCHW"
_KEPT = ", freed memory kept"
_SHORT = {"32-true": "fp32", "bf16-mixed": "bf16"}
_SIDE = 1536


class Plain(nn.Module):
    """The same backbone as timm has it: without our layout, gradients and stem."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = Encoder(name).backbone.to(memory_format=torch.contiguous_format)
        as_before(self.backbone)

    def forward(self, frames_BHW: Tensor) -> Tensor:
        features: Tensor = self.backbone(((frames_BHW - 0.25) / 0.2)[:, None])
        return features


def stepper(
    model: nn.Module, precision: Precision, *, fused: bool
) -> Callable[[], None]:
    fabric = Fabric(devices=1, precision=precision_of(precision), accelerator="cpu")
    parameters = model.parameters()
    if fused:
        optimizer = Optimisation().build(parameters)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    wrapped, optimizer = fabric.setup(model, optimizer)

    def step() -> None:
        loss = wrapped(FRAMES).float().square().mean()
        fabric.backward(loss)
        optimizer.step()
        optimizer.zero_grad()

    return step


def variants(name: str) -> dict[str, tuple[nn.Module, Precision, bool]]:
    """Network, precision, and whether the optimiser is fused, of each variant."""
    fast = precision_of("auto")
    found: dict[str, tuple[nn.Module, Precision, bool]] = {
        _PLAIN: (Plain(name), "32-true", False)
    }
    if fast == "bf16-mixed":
        found["fp32, NHWC, fused"] = (Encoder(name), "32-true", True)
        found["bf16, NCHW"] = (Plain(name), "bf16-mixed", False)
    found[f"ours: {_SHORT[fast]}, NHWC, fused"] = (Encoder(name), fast, True)
    return found


def flops(model: nn.Module) -> int:
    """Floating-point operations of a forward and backward pass on the frames."""
    with FlopCounterMode(display=False) as counter:
        model(FRAMES).float().square().mean().backward()
    model.zero_grad()
    return int(counter.get_total_flops())


def matmul_rate() -> float:
    """Operations a second of an fp32 matrix product."""
    left, right = torch.rand(2, _SIDE, _SIDE)
    return 2 * _SIDE**3 / seconds_of(lambda: left @ right)


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def turn_of(step: Callable[[], None], *, kept: bool) -> float:
    """Seconds of a step after one that is not counted, for it pages memory in."""
    if kept:
        keep_freed_memory()
    else:
        hand_memory_back()
    step()
    return seconds_of(step)


def measure(name: str, rounds: int) -> list[dict[str, object]]:
    """A row for each variant of an encoder."""
    made = variants(name)
    work = {variant: flops(model) for variant, (model, _, _) in made.items()}
    steps = {v: stepper(m, p, fused=f) for v, (m, p, f) in made.items()}
    ours = list(steps)[-1]
    steps[ours + _KEPT], work[ours + _KEPT] = steps[ours], work[ours]
    seconds: dict[str, list[float]] = {variant: [] for variant in steps}
    limits = []
    for number in range(rounds + 1):
        limit = matmul_rate()
        turn = {
            variant: turn_of(step, kept=variant.endswith(_KEPT))
            for variant, step in steps.items()
        }
        if number:
            limits.append(limit)
            for variant, taken in turn.items():
                seconds[variant].append(taken)
    rows: list[dict[str, object]] = []
    for variant, each in seconds.items():
        ratios = sorted(p / s for p, s in zip(seconds[_PLAIN], each, strict=True))
        median = statistics.median(each)
        rows.append(
            {
                "encoder": name,
                "step on 96 frames of 112 by 112": variant,
                "seconds (median)": median,
                "times faster (median)": statistics.median(ratios),
                "least": ratios[0],
                "most": ratios[-1],
                "GFLOP/s": work[variant] / median / 1e9,
                "fp32 matmul GFLOP/s": statistics.median(limits) / 1e9,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--encoders", nargs="*", default=["resnet18", "seresnext50_half"]
    )
    parser.add_argument("--recipes", nargs="*", default=["insonify", "siamese"])
    parser.add_argument("--store", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.encoders:
        rows += measure(name, arguments.rounds)
    if rows:
        show("pretrain_step", rows)
    store = Store.open(arguments.store) if arguments.store else None
    whole = []
    for recipe in arguments.recipes:
        whole += measure_whole(recipe, store, arguments.rounds)
    if whole:
        show("whole_step", whole)


if __name__ == "__main__":
    main()
