"""An ONNX export is as good as heads, and refuses what it must not run."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.video import Box
from insonify.deploy.export.about import CARD, digest
from insonify.deploy.export.model_file import read_model
from insonify.deploy.export.options import Kind
from insonify.deploy.export.parity import drawn_frames
from insonify.deploy.export.run import Exported
from insonify.deploy.export.runtime import OnnxHeads
from insonify.deploy.export.session import Session
from insonify.deploy.heads import Heads
from insonify.train.monitor import encode
from tests.deploy.conftest import SIZE

_FLOAT = TensorProto.FLOAT


@pytest.fixture
def mine(exports: dict[Kind, Exported], folder: Path, tmp_path: Path) -> Path:
    """An export that a test may damage."""
    assert exports
    return Path(shutil.copytree(folder / "onnx", tmp_path / "mine"))


def test_answers_are_those_of_heads(mine: Path, heads: Heads) -> None:
    found = OnnxHeads.load(mine, model="model.onnx", threads=1, batch=3)
    assert (found.size, found.classes) == (heads.size, heads.classes)
    assert found.has_saliency is heads.has_saliency is True
    frames_THW = np.random.default_rng(0).integers(0, 255, (7, 60, 90), np.uint8)
    views_BHW = found.views(frames_THW, Box(4, 3, 50, 80))
    torch.testing.assert_close(views_BHW, heads.views(frames_THW, Box(4, 3, 50, 80)))
    for name in ("probabilities", "saliency"):
        own, its = (getattr(each, name)(views_BHW) for each in (heads, found))
        assert own.shape == its.shape
        np.testing.assert_allclose(its, own, atol=1e-4 * own.max())
    wanted_BD = encode(heads.checkpoint.encoder, views_BHW).numpy()
    np.testing.assert_allclose(found.features(views_BHW), wanted_BD, atol=1e-5)
    np.testing.assert_array_equal(
        found.features(views_BHW.numpy()), found.features(views_BHW)
    )


def test_the_model_of_8_bits_is_the_one_that_is_loaded(mine: Path) -> None:
    frames_BHW = drawn_frames(SIZE, 4)
    single = OnnxHeads.load(mine, model="model.onnx").features(frames_BHW)
    eight = OnnxHeads.load(mine).features(frames_BHW)
    assert 0 < np.abs(eight - single).max() < 0.2 * np.abs(single).max()


def test_no_frames_and_odd_frames(mine: Path) -> None:
    found = OnnxHeads.load(mine)
    with pytest.raises(ConfigError, match="uint8 frames of 32 x 40"):
        found.features(torch.zeros((1, 8, 8), dtype=torch.uint8))
    with pytest.raises(ConfigError, match="float32"):
        found.features(torch.zeros((1, *SIZE)))
    assert found.features(torch.zeros((0, *SIZE), dtype=torch.uint8)).shape == (0, 256)


def test_what_is_no_export_is_refused(
    mine: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckpointError, match="insonify export"):
        OnnxHeads.load(folder / "nowhere")
    with pytest.raises(CheckpointError, match="an export to timm"):
        OnnxHeads.load(folder / "timm")
    with pytest.raises(ConfigError, match="no model"):
        OnnxHeads.load(mine, model="../onnx/model.onnx")
    with pytest.raises(ConfigError, match="at least 1"):
        OnnxHeads.load(mine, threads=0)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r"insonify\[export\]"):
        OnnxHeads.load(mine)


def test_damage_is_found(mine: Path) -> None:
    held = bytearray((mine / "model.onnx").read_bytes())
    held[len(held) // 2] ^= 1  # One bit of a weight.
    (mine / "model.onnx").write_bytes(held)
    with pytest.raises(CheckpointError, match=CARD):
        OnnxHeads.load(mine, model="model.onnx")
    (mine / "model.onnx").write_bytes(held[: len(held) // 2])
    with pytest.raises(CheckpointError, match="no readable ONNX model"):
        OnnxHeads.load(mine, model="model.onnx")
    (mine / CARD).write_text(json.dumps({"format": 99}))
    with pytest.raises(CheckpointError, match="format 99"):
        OnnxHeads.load(mine)
    (mine / CARD).write_text("[]")
    with pytest.raises(CheckpointError, match=f"no readable {CARD}"):
        OnnxHeads.load(mine)


def test_a_card_that_names_a_file_elsewhere_is_refused(mine: Path) -> None:
    outside = mine.parent / "model.onnx"
    shutil.copy(mine / "model.onnx", outside)
    plain = json.loads((mine / CARD).read_text())
    plain["files"]["../model.onnx"] = digest(outside)
    plain["model"] = "../model.onnx"
    (mine / CARD).write_text(json.dumps(plain))
    with pytest.raises(ConfigError, match="no model"):
        OnnxHeads.load(mine)


def _model(*nodes: Any, **parts: Any) -> Any:
    given = helper.make_tensor_value_info("x", _FLOAT, [1])
    made = helper.make_tensor_value_info("y", _FLOAT, [1])
    graph = helper.make_graph(list(nodes), "g", [given], [made], **parts)
    return helper.make_model(graph)


def _outside() -> Any:
    """Weights that claim to lie in a file of this machine."""
    tensor = TensorProto(name="w", data_type=_FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def test_weights_elsewhere_are_refused_wherever_they_hide(tmp_path: Path) -> None:
    add = helper.make_node("Add", ["x", "w"], ["y"])
    constant = helper.make_node("Constant", [], ["w"], value=_outside())
    inner = helper.make_graph(
        [constant], "b", [], [helper.make_tensor_value_info("w", _FLOAT, [1])]
    )
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    function = helper.make_function(
        "f", "F", ["x"], ["y"], [constant, add], [helper.make_opsetid("", 18)]
    )
    hidden = _model(add)
    hidden.functions.append(function)
    for number, model in enumerate(
        (
            _model(add, initializer=[_outside()]),
            _model(constant, add),
            _model(branch),
            hidden,
        )
    ):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(CheckpointError, match="another file"):
            read_model(path)


def test_operators_of_a_library_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(
        _model(
            helper.make_node("Run", ["x"], ["y"], domain="shell")
        ).SerializeToString()
    )
    with pytest.raises(CheckpointError, match="'shell'"):
        read_model(path)
    path.write_bytes(_model(helper.make_node("Nope", ["x"], ["y"])).SerializeToString())
    with pytest.raises(CheckpointError, match="ONNX Runtime refuses"):
        Session.open(path, batch=1)


def test_a_model_of_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    model = _model(helper.make_node("Relu", ["x"], ["y"]))
    model.opset_import[0].version, model.ir_version = 18, 8
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match="not uint8 frames"):
        Session.open(path, batch=1)
