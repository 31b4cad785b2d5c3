"""Our training step against a plain fp32 NCHW PyTorch step: same network, same images.

python benchmarks/pretrain_step.py [--rounds 5]

Rounds alternate between the variants, so that a machine that slows down slows all.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from lightning.fabric import Fabric
from table import show
from torch import Tensor, nn

from insonify.model.encoder import Encoder
from insonify.train.optimisation import Optimisation


class Plain(nn.Module):
    """The same backbone without our layout."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = Encoder(name).backbone.to(memory_format=torch.contiguous_format)

    def forward(self, frames_BHW: Tensor) -> Tensor:
        features: Tensor = self.backbone(((frames_BHW - 0.25) / 0.2)[:, None])
        return features


def stepper(model: nn.Module, precision: str, *, fused: bool) -> Callable[[], None]:
    fabric = Fabric(devices=1, precision=precision, accelerator="cpu")  # type: ignore[arg-type]
    parameters = model.parameters()
    if fused:
        optimizer = Optimisation().build(parameters)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    wrapped, optimizer = fabric.setup(model, optimizer)
    frames = torch.rand(96, 112, 112, generator=torch.Generator().manual_seed(0))

    def step() -> None:
        loss = wrapped(frames).float().square().mean()
        fabric.backward(loss)
        optimizer.step()
        optimizer.zero_grad()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rows = []
    for name in ("resnet18", "seresnext50_half"):
        steps = {
            "plain: fp32, NCHW": stepper(Plain(name), "32-true", fused=False),
            "fp32, NHWC, fused": stepper(Encoder(name), "32-true", fused=True),
            "bf16, NCHW": stepper(Plain(name), "bf16-mixed", fused=False),
            "ours: bf16, NHWC, fused": stepper(Encoder(name), "bf16-mixed", fused=True),
        }
        seconds: dict[str, list[float]] = {variant: [] for variant in steps}
        for number in range(rounds + 1):
            for variant, step in steps.items():
                began = time.perf_counter()
                step()
                if number:
                    seconds[variant].append(time.perf_counter() - began)
        plain = seconds["plain: fp32, NCHW"]
        for variant, each in seconds.items():
            ratios = sorted(p / s for p, s in zip(plain, each, strict=True))
            rows.append(
                {
                    "encoder": name,
                    "step on 96 frames of 112 by 112": variant,
                    "seconds (median)": statistics.median(each),
                    "times faster (median)": statistics.median(ratios),
                    "least": ratios[0],
                    "most": ratios[-1],
                }
            )
    show("pretrain_step", rows)


if __name__ == "__main__":
    main()
