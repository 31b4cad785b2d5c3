"""8 bits where they pay, and float32 where classes are decided.

Legend: N frames, D features.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest

from insonify.deploy.export.graph import Graph
from insonify.deploy.export.onnx_file import write_onnx
from insonify.deploy.export.options import Kind
from insonify.deploy.export.parity import drawn_frames
from insonify.deploy.export.quantised import quantise
from insonify.deploy.export.run import Exported
from insonify.deploy.export.session import Session
from insonify.model.encoder import Encoder


def test_convolutions_are_quantised_and_scores_are_not(
    exports: dict[Kind, Exported], folder: Path
) -> None:
    assert exports
    graph = onnx.load(folder / "onnx" / "model_int8.onnx").graph
    makers = {name: node for node in graph.node for name in node.output}
    whole = {each.name for each in graph.initializer}
    counts = {"Conv": 0, "Gemm": 0}
    for node in graph.node:
        if node.op_type in counts:
            counts[node.op_type] += 1
            weight = makers[node.input[1]].op_type if node.input[1] in makers else ""
            quantised = weight == "DequantizeLinear"
            assert quantised == (node.op_type == "Conv")
            assert quantised or node.input[1] in whole
    assert counts["Conv"] > 15
    assert counts["Gemm"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["seresnext50_half", "sononet16", "test_vit"])
def test_features_stay_alike(architecture: str, tmp_path: Path) -> None:
    size = (160, 160) if architecture == "test_vit" else (32, 48)
    encoder, frames_NHW = Encoder(architecture, seed=3).eval(), drawn_frames(size, 24)
    write_onnx(tmp_path / "single", Graph(encoder), size, 18, {})
    quantise(tmp_path / "single", tmp_path / "eight", frames_NHW)
    single_ND, eight_ND = (
        Session.open(tmp_path / name, batch=8).run(frames_NHW, ["features"])["features"]
        for name in ("single", "eight")
    )
    lengths_N = np.linalg.norm(single_ND, axis=1) * np.linalg.norm(eight_ND, axis=1)
    assert ((single_ND * eight_ND).sum(1) / lengths_N).mean() > 0.97
    assert not np.array_equal(single_ND, eight_ND)
