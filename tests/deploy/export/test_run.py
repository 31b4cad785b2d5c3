"""Every kind of export answers as the checkpoint does, and tells no secret."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

import insonify
from insonify.core.errors import CheckpointError, ConfigError
from insonify.deploy.export import onnx_file, parity
from insonify.deploy.export.about import read_card
from insonify.deploy.export.options import ExportOptions, Kind
from insonify.deploy.export.parity import drawn_frames
from insonify.deploy.export.run import Exported, export
from insonify.deploy.heads import Heads
from insonify.store import Store
from insonify.train.monitor import encode
from tests.deploy.conftest import SIZE, small_checkpoint
from tests.deploy.export.conftest import KINDS

_ALONE = "import sys; sys.modules['insonify'] = None\n"
"""Whoever imports insonify after this fails."""


@pytest.mark.parametrize("kind", KINDS)
def test_differences_are_small_and_on_the_card(
    exports: dict[Kind, Exported], folder: Path, kind: Kind
) -> None:
    card = read_card(folder / kind)
    assert card == exports[kind].card
    measured = {each.output for each in exports[kind].differences}
    both = {"features", "probabilities"}
    assert measured == both | ({"saliency"} if kind in ("onnx", "torch") else set())
    assert all(each.share < 1e-4 for each in exports[kind].differences)
    assert all(each.scale > 1e-3 for each in exports[kind].differences)
    assert "26 frames" in card.checks["on"]
    assert (card.size, card.classes) == (SIZE, ("large", "small"))


@pytest.mark.slow
def test_readmes_work_without_insonify(
    exports: dict[Kind, Exported], folder: Path
) -> None:
    script = _ALONE + "import os\n"
    for kind in exports:
        text = (folder / kind / "README.md").read_text()
        (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        script += f"os.chdir({str(folder / kind)!r})\nanswers = None\n{block}"
        script += "print(answer if answers is None else sorted(answers))\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("saliency") == 2


def test_a_program_answers_as_heads_do(
    exports: dict[Kind, Exported], folder: Path, heads: Heads
) -> None:
    path = folder / "torch" / exports["torch"].card.model
    frames_BHW = drawn_frames(SIZE, 5)
    with torch.no_grad():
        found = torch.export.load(path).module()(frames_BHW)
    np.testing.assert_allclose(found["saliency"], heads.saliency(frames_BHW), atol=1e-4)
    np.testing.assert_allclose(
        found["probabilities"], heads.probabilities(frames_BHW), atol=1e-5
    )


def test_timm_builds_the_state_by_itself(
    exports: dict[Kind, Exported], folder: Path, heads: Heads
) -> None:
    card = exports["timm"].card
    assert card.build is not None
    net = timm.create_model(**card.build).eval()
    net.load_state_dict(load_file(folder / "timm" / card.model), strict=True)
    frames_BHW = drawn_frames(SIZE, 3)
    with torch.no_grad():
        given_B1HW = ((frames_BHW / 255 - card.mean) / card.std)[:, None]
        found_BC = net(given_B1HW).softmax(1).numpy()
    np.testing.assert_allclose(found_BC, heads.probabilities(frames_BHW), atol=1e-5)


def test_a_hub_folder_brings_its_transforms(
    exports: dict[Kind, Exported], folder: Path, heads: Heads
) -> None:
    where = folder / "huggingface"
    net = timm.create_model(f"local-dir:{where}", pretrained=True).eval()
    data: Any = timm.data
    config = data.resolve_model_data_config(net)
    transform = data.create_transform(**config, is_training=False)
    frames_BHW = drawn_frames(SIZE, 2)
    given = [transform(Image.fromarray(frame.numpy())) for frame in frames_BHW]
    with torch.no_grad():
        found_BC = net(torch.stack(given)).softmax(1).numpy()
    np.testing.assert_allclose(found_BC, heads.probabilities(frames_BHW), atol=1e-5)
    assert net.num_classes == len(exports["huggingface"].card.classes)


def test_nothing_private_is_written(
    exports: dict[Kind, Exported], folder: Path, heads: Heads, spots: Store
) -> None:
    secrets = [*heads.card.subjects, spots.id, "three", str(Path.home()), "/tmp/"]
    secrets += [str(Path(insonify.__file__).parent), "site-packages", str(spots.path)]
    assert heads.card.subjects
    for kind in exports:
        for path in (folder / kind).iterdir():
            held = path.read_bytes()
            for secret in secrets:
                assert secret.encode() not in held, (kind, path.name, secret)


def test_weights_that_two_parts_share_are_kept_once(
    exports: dict[Kind, Exported], folder: Path, heads: Heads
) -> None:
    encoder = heads.checkpoint.encoder
    assert heads.decoder is not None
    parts = (*encoder.parameters(), *heads.decoder.parameters())
    count = sum(each.numel() for each in parts)
    for name, width in (("model.onnx", 4), ("model_int8.onnx", 1)):
        held = (folder / "onnx" / name).stat().st_size
        assert width * count * 0.9 < held < width * count * 1.3
    assert exports["onnx"].card.model == "model_int8.onnx"


def test_8_bits_cost_little_and_are_told(exports: dict[Kind, Exported]) -> None:
    cost = exports["onnx"].card.int8
    assert cost is not None
    accuracy = cost["accuracy"]
    assert (accuracy["frames"], accuracy["subjects"]) == (48, 2)
    assert 0.98 < accuracy["cosine"] < 1
    assert accuracy["agreement"] >= 0.8
    assert (
        {*accuracy["fp32"]} == {*accuracy["int8"]} == {"macro_f1", "balanced_accuracy"}
    )
    assert 0.9 < accuracy["saliency_overlap"] <= 1.0001
    assert all(cost["speed"][batch]["least"] > 0 for batch in ("1", "64"))


@pytest.mark.slow
def test_a_probe_stands_in_for_heads(spots: Store, tmp_path: Path) -> None:
    checkpoint = small_checkpoint()
    options = ExportOptions(int8=True, frames=8)
    card = export(checkpoint, tmp_path / "o", options, store=spots).card
    assert card.int8 is not None
    assert "linear probe" in card.int8["accuracy"]["by"]
    assert (card.classes, card.outputs) == ((), ("features",))


def test_an_answer_that_differs_is_not_kept(
    heads: Heads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(parity.TOLERANCES, "features", 0.0)
    with pytest.raises(CheckpointError, match="nothing was written"):
        export(heads.checkpoint, tmp_path / "o", ExportOptions(to="timm"), heads=heads)
    assert not any(tmp_path.iterdir())


def test_refusals(heads: Heads, spots: Store, tmp_path: Path) -> None:
    def refuse(says: str, options: ExportOptions, out: str = "o") -> None:
        with pytest.raises(ConfigError, match=says):
            export(heads.checkpoint, tmp_path / out, options, heads=heads)
        assert not (tmp_path / "o").exists()

    (tmp_path / "there").mkdir()
    refuse("exists", ExportOptions(), "there")
    refuse("32 x 40", ExportOptions(size=(64, 80)))
    refuse("--store", ExportOptions(int8=True))
    with pytest.raises(ConfigError, match="--int8"):
        ExportOptions(to="torch", int8=True)
    with pytest.raises(ConfigError, match="18 to 24"):
        ExportOptions(opset=12)
    with pytest.raises(ConfigError, match="fold 7"):
        export(heads.checkpoint, tmp_path / "o", ExportOptions(fold=7), store=spots)


def test_a_model_too_large_for_onnx_is_refused(
    heads: Heads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "_MOST_BYTES", 1000)
    with pytest.raises(ConfigError, match="--to torch"):
        export(heads.checkpoint, tmp_path / "o", ExportOptions())


def test_the_checkpoint_stays_as_it_is(
    exports: dict[Kind, Exported], heads: Heads
) -> None:
    fresh, frames_BHW = small_checkpoint().encoder, drawn_frames(SIZE, 2)
    assert exports
    torch.testing.assert_close(
        encode(heads.checkpoint.encoder, frames_BHW), encode(fresh, frames_BHW)
    )
