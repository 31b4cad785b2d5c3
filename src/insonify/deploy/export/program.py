"""Networks as graphs of torch operators, and .pt2 files of them.

Legend: B batch, H rows, W columns.
"""

from pathlib import Path

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from insonify.core.errors import ConfigError
from insonify.deploy.export.graph import FRAMES, Graph
from insonify.transfer.examples import Floats


def trace(graph: Graph, size: tuple[int, int]) -> ExportedProgram:
    """The graph for any number of frames of one size.

    Raises:
        ConfigError: the architecture cannot be traced, or takes no such frames.
    """
    example_BHW = torch.zeros((2, *size), dtype=torch.uint8)
    try:
        with torch.no_grad():
            graph(example_BHW)
            traced = torch.export.export(
                graph, (example_BHW,), dynamic_shapes={FRAMES: {0: Dim("batch", min=1)}}
            )
    except (RuntimeError, AssertionError, ValueError, TypeError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConfigError(
            f"this architecture cannot be exported for frames of {size[0]} x {size[1]} "
            f"({first}); pass another --size, or take one that can, such as "
            "resnet10_half"
        ) from None
    _forget_sources(traced)
    return traced


def write_program(path: Path, traced: ExportedProgram) -> None:
    """Write a .pt2 file, which ``torch.export.load`` reads."""
    torch.export.save(traced, path)


def read_program(path: Path) -> torch.nn.Module:
    """What a .pt2 file of ours computes.

    Only for files that this process has just written: reading one trusts it.
    """
    return torch.export.load(path).module()


def answers(module: torch.nn.Module, frames_BHW: Tensor) -> dict[str, Floats]:
    """What a traced network says of frames."""
    with torch.no_grad():
        return {name: each.numpy() for name, each in module(frames_BHW).items()}


def _forget_sources(traced: ExportedProgram) -> None:
    """Drop what nodes say of the source files of this machine."""
    for module in traced.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            for node in module.graph.nodes:
                for key in ("stack_trace", "from_node", "source_fn_stack"):
                    node.meta.pop(key, None)
