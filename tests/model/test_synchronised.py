"""Statistics of two processes are those of one that has both their shares."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from timm.layers import BatchNormAct2d
from torch import Tensor, nn

from insonify.model.encoder import Encoder
from insonify.model.synchronised import SharedNorm, synchronised

_CPU = torch.device("cpu")
_WORLD, _STEPS = 2, 3
_MADE: dict[str, Callable[[], nn.Module]] = {
    "maps": lambda: nn.BatchNorm2d(6),
    "vectors": lambda: nn.BatchNorm1d(6),
    "activated": lambda: BatchNormAct2d(6),
    "without weights": lambda: nn.BatchNorm1d(6, affine=False),
    "cumulative": lambda: nn.BatchNorm2d(6, momentum=None),
}


def batch(name: str, step: int) -> Tensor:
    drawn = torch.Generator().manual_seed(step)
    maps = (
        torch.randn(8, 6, 5, 7, generator=drawn) * 3 + torch.arange(6.0)[:, None, None]
    )
    maps = maps.contiguous(memory_format=torch.channels_last)
    return maps[:, :, 0, 0] if name in ("vectors", "without weights") else maps


def run(norm: nn.Module, name: str, share: slice, scale: float) -> dict[str, Tensor]:
    """What some steps give for a share of the batch: output, gradients, statistics."""
    found: dict[str, Tensor] = {}
    for step in range(_STEPS):
        x = batch(name, step)[share].clone().requires_grad_()
        y = norm(x)
        weights = torch.linspace(-1, 1, batch(name, step).numel())
        ((y * weights.view(batch(name, step).shape)[share]).sum() * scale).backward()
        assert x.grad is not None
        found |= {"output": y.detach(), "gradient": x.grad / scale}
    for key, weight in norm.named_parameters():
        assert weight.grad is not None
        found[f"{key}.gradient"] = weight.grad
    return found | {key: buffer.clone() for key, buffer in norm.named_buffers()}


def process(rank: int, folder: str) -> None:
    """Check one share of every batch against the whole; writes what was wrong."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=_WORLD
    )
    wrong: dict[str, Any] = {}
    for name, make in _MADE.items():
        share = slice(rank, None, _WORLD)
        norm = synchronised(make(), _CPU)
        found = run(norm, name, share, 1.0)
        for key, gradient in found.items():
            if key.endswith(".gradient"):
                dist.all_reduce(gradient)
        wanted = run(make(), name, slice(None), 1.0)
        for key in ("output", "gradient"):
            wanted[key] = wanted[key][share]
        assert found.keys() == wanted.keys()
        for key, tensor in wanted.items():
            if not torch.allclose(found[key], tensor, atol=1e-4, rtol=1e-4):
                wrong[f"{name} {key}"] = (found[key] - tensor).abs().max().item()
    Path(folder, f"wrong-{rank}.json").write_text(json.dumps(wrong))
    dist.destroy_process_group()


def test_two_processes_normalise_as_one(tmp_path: Path) -> None:
    commands = [
        [sys.executable, __file__, str(r), str(tmp_path)] for r in range(_WORLD)
    ]
    running = [subprocess.Popen(command) for command in commands]
    assert [each.wait(120) for each in running] == [0] * _WORLD
    for rank in range(_WORLD):
        assert json.loads((tmp_path / f"wrong-{rank}.json").read_text()) == {}


@pytest.mark.parametrize("name", ["resnet10_half", "efficientnet_lite0"])
def test_alone_nothing_changes(name: str) -> None:
    plain, ready = Encoder(name), synchronised(Encoder(name), _CPU)
    assert any(isinstance(part, SharedNorm) for part in ready.modules())
    assert list(plain.state_dict()) == list(ready.state_dict())
    frames = torch.rand(4, 32, 40, generator=torch.Generator().manual_seed(0))
    for training in (True, False):
        wanted = plain.train(training)(frames)
        assert torch.equal(ready.train(training)(frames), wanted)


if __name__ == "__main__":
    process(int(sys.argv[1]), sys.argv[2])
