"""Networks as ONNX files that hold their weights, and nothing of this machine."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch

from insonify.core.errors import ConfigError
from insonify.deploy.export.extra import library
from insonify.deploy.export.graph import FRAMES, Graph

_MOST_BYTES: Final = 2**31 - 2**20
"""An ONNX file with its weights inside has to be smaller than 2 GiB."""


def write_onnx(
    path: Path,
    graph: Graph,
    size: tuple[int, int],
    opset: int,
    facts: Mapping[str, Any],
) -> None:
    """Write a model for any number of uint8 frames, (batch, H, W).

    Args:
        path: The file.
        graph: The network.
        size: Rows and columns of the frames.
        opset: Which operators may be used.
        facts: What the file is to say of itself.

    Raises:
        ConfigError: the network is too large, or needs operators of another opset.
    """
    onnx, _ = library("onnx"), library("onnxscript")
    _require_small(graph)
    example_BHW = torch.zeros((2, *size), dtype=torch.uint8)
    with warnings.catch_warnings(), torch.no_grad():
        # torch's own calls of what it has deprecated itself.
        for kind in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", kind)
        made = torch.onnx.export(
            graph,
            (example_BHW,),
            dynamo=True,
            input_names=[FRAMES],
            output_names=list(graph.outputs),
            opset_version=opset,
            dynamic_shapes={FRAMES: {0: torch.export.Dim("batch", min=1)}},
            verbose=False,
        )
    assert made is not None
    made.save(path)
    share_weights(path)
    model = onnx.load(path, load_external_data=False)
    found = {each.domain: each.version for each in model.opset_import}
    if found.get("") != opset:
        raise ConfigError(
            f"this network cannot be had with operators of opset {opset}, found "
            f"{found.get('')}; pass --opset {found.get('')}"
        )
    for name, fact in facts.items():
        model.metadata_props.add(key=name, value=json.dumps(fact))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def share_weights(path: Path) -> None:
    """Keep weights that several operators read once, and no names of sources."""
    ir, passes = library("onnx_ir"), library("onnx_ir.passes.common")
    model = ir.load(path)
    passes.DeduplicateInitializersPass(size_limit=_MOST_BYTES)(model)
    passes.ClearMetadataAndDocStringPass()(model)
    ir.save(model, path)


def _require_small(graph: Graph) -> None:
    held = {id(each): each for each in graph.state_dict(keep_vars=True).values()}
    count = sum(each.numel() * each.element_size() for each in held.values())
    if count > _MOST_BYTES:
        raise ConfigError(
            f"this network has {count / 2**30:.1f} GiB of weights, and an ONNX file "
            "holds less than 2; export with --to torch"
        )
