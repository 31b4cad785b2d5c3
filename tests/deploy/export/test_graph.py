"""Each architecture becomes a plain graph."""

from pathlib import Path

import numpy as np
import pytest
import torch

from insonify.core.errors import ConfigError
from insonify.deploy.export.graph import Graph
from insonify.deploy.export.onnx_file import write_onnx
from insonify.deploy.export.options import ExportOptions
from insonify.deploy.export.parity import (
    compare,
    drawn_frames,
    reference,
    with_extremes,
)
from insonify.deploy.export.program import answers, trace
from insonify.deploy.export.run import export
from insonify.deploy.export.session import Session
from insonify.model.checkpoint import Card, Checkpoint
from insonify.model.encoder import ARCHITECTURES, Encoder

SIZE = (32, 48)
WITH_TIMM = (*ARCHITECTURES, "efficientnet_lite0", "test_resnet", "test_vit")


def checkpoint(architecture: str, size: tuple[int, int] = SIZE) -> Checkpoint:
    card = Card(architecture=architecture, size=size, provenance={})
    encoder = Encoder(architecture, mean=0.3, std=0.15, seed=3).eval()
    return Checkpoint(encoder=encoder, card=card)


def size_of(architecture: str) -> tuple[int, int]:
    return (160, 160) if architecture == "test_vit" else SIZE


@pytest.mark.parametrize("architecture", ["resnet18_half", "sononet16", "test_vit"])
def test_a_program_answers_for_any_batch(architecture: str) -> None:
    encoder, size = checkpoint(architecture).encoder, size_of(architecture)
    frames_BHW = with_extremes(drawn_frames(size, 9))
    module = trace(Graph(encoder), size).module()
    for batch in (1, 2, 11):
        part_BHW = frames_BHW[:batch]
        with torch.no_grad():
            wanted_BD = encoder(part_BHW).numpy()
        found_BD = answers(module, part_BHW)["features"]
        np.testing.assert_allclose(
            found_BD, wanted_BD, atol=1e-5 * np.abs(wanted_BD).max()
        )


@pytest.mark.slow
@pytest.mark.parametrize("architecture", WITH_TIMM)
def test_every_architecture_runs_in_onnx_runtime(
    architecture: str, tmp_path: Path
) -> None:
    encoder, size = checkpoint(architecture).encoder, size_of(architecture)
    write_onnx(tmp_path / "m.onnx", Graph(encoder), size, 18, {})
    session = Session.open(tmp_path / "m.onnx", batch=64)
    frames_BHW = with_extremes(drawn_frames(size))
    wanted = reference(encoder, None, frames_BHW, ["features"])
    (found,) = compare(wanted, lambda part: session.run(part, ["features"]), frames_BHW)
    assert 0 < found.share < 1e-4


@pytest.mark.parametrize("architecture", ["resnet18_half", "seresnext50_half"])
def test_timm_has_our_resnets(architecture: str, tmp_path: Path) -> None:
    options = ExportOptions(to="huggingface")
    (found,) = export(checkpoint(architecture), tmp_path / "o", options).differences
    assert found.share < 1e-4


def test_timm_has_no_sononet(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--to onnx"):
        export(checkpoint("sononet16"), tmp_path / "o", ExportOptions(to="timm"))
    assert not any(tmp_path.iterdir())


def test_a_size_that_the_architecture_cannot_take(tmp_path: Path) -> None:
    options = ExportOptions(to="torch")
    with pytest.raises(ConfigError, match="33 x 48"):
        export(checkpoint("test_vit", (33, 48)), tmp_path / "o", options)


@pytest.mark.slow
@pytest.mark.parametrize("opset", [18, 20, 24])
def test_the_opset_is_the_one_asked_for(opset: int, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    write_onnx(
        tmp_path / "m", Graph(checkpoint("resnet10_half").encoder), SIZE, opset, {}
    )
    assert {each.version for each in onnx.load(tmp_path / "m").opset_import} == {opset}
