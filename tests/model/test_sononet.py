"""SonoNet-16: published weights, and the planes of its authors through our ingest."""

import csv
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from insonify.cli.main import run
from insonify.clips.loader import FrameReader
from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.encoder import Encoder
from insonify.model.heads import HeadedEncoder
from insonify.model.sononet import (
    CLASSES,
    SIZE,
    SonoNet,
    SonoNetHead,
    fill_from_arrays,
    standardised,
)
from insonify.store import Store

PLANES: Final = {
    "3VV": "3VV",
    "4CH": "4CH",
    "ABDOMINAL": "Abdominal",
    "BRAIN-CB": "Brain (Cb.)",
    "BRAIN-TV": "Brain (Tv.)",
    "FEMUR": "Femur",
    "KIDNEYS": "Kidneys",
    "LIPS": "Lips",
    "LVOT": "LVOT",
    "PROFILE": "Profile",
    "RVOT": "RVOT",
    "SPINE-CORONAL": "Spine (cor.)",
    "SPINE-SAGITTAL": "Spine (sag.)",
}


def made_up_arrays(seed: int = 0) -> dict[str, Tensor]:
    """Arrays as the published file has them, with numbers of our own."""
    draw = Generator().manual_seed(seed)
    widths = [1, 16, 16, 32, 32, 64, 64, 64, *[128] * 6, 64, 14]
    arrays: list[Tensor] = []
    for place, (wide, out) in enumerate(pairwise(widths)):
        side = 3 if place < 13 else 1
        spread = 1 / (side * wide**0.5) if place else 1 / 255
        arrays += [
            torch.randn((out, wide, side, side), generator=draw) * spread,
            torch.randn(out, generator=draw) / 5,
            torch.rand(out, generator=draw) + 0.5,
            torch.randn(out, generator=draw) / 5,
            torch.rand(out, generator=draw) + 0.5,
        ]
    return {f"arr_{place}": array for place, array in enumerate(arrays)}


def by_hand(frame_HW: Tensor, arrays: dict[str, Tensor]) -> Tensor:
    """Scores as Theano computed them, one step at a time."""
    grey = frame_HW.double()
    map_1Chw = (255 * (grey - grey.mean()) / grey.std(correction=0))[None, None]
    for unit in range(15):
        weight, offset, scale, mean, inverse = (
            arrays[f"arr_{5 * unit + place}"].double() for place in range(5)
        )
        if unit in (2, 4, 7, 10):
            map_1Chw = torch.nn.functional.max_pool2d(map_1Chw, 2)
        padding = weight.shape[-1] // 2
        map_1Chw = torch.nn.functional.conv2d(map_1Chw, weight, padding=padding)
        each = (-1, 1, 1)
        centred = map_1Chw - mean.view(each)
        map_1Chw = centred * (scale * inverse).view(each) + offset.view(each)
        if unit < 14:
            map_1Chw = map_1Chw.clamp(min=0)
    return map_1Chw.mean((0, 2, 3))


def filled(arrays: dict[str, Tensor]) -> HeadedEncoder:
    encoder, head = Encoder("sononet16"), SonoNetHead()
    assert isinstance(encoder.backbone, SonoNet)
    fill_from_arrays(encoder.backbone, head, arrays)
    return HeadedEncoder(encoder, head).eval()


def frame(*shape: int) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(1))


def test_scores_are_those_of_the_published_network() -> None:
    arrays, grey = made_up_arrays(), frame(1, 48, 64)
    found = filled(arrays)(grey)[0].double()
    expected = by_hand(grey[0], arrays)
    assert expected.std() > 0.01
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * expected.std().item())


def test_every_array_counts() -> None:
    arrays, grey = made_up_arrays(), frame(1, 32, 32)
    net = filled(arrays)
    known, backbone = net(grey), net.encoder.backbone
    assert isinstance(backbone, SonoNet)
    assert isinstance(net.head, SonoNetHead)
    for name, array in arrays.items():
        changed = {**arrays, name: array * 1.5 + 0.1}
        fill_from_arrays(backbone, net.head, changed)
        assert not torch.equal(net(grey), known), name


def test_arrays_missing_left_over_or_of_another_shape_are_refused() -> None:
    arrays = made_up_arrays()
    for wrong, says in (
        ({k: v for k, v in arrays.items() if k != "arr_7"}, "found 74 .*'arr_7'"),
        ({**arrays, "arr_75": torch.zeros(1)}, "found 76 .*'arr_75'"),
        ({**arrays, "arr_5": torch.zeros(16, 16, 3, 5)}, r"arr_5, weight .*\(16, 16"),
        ({**arrays, "arr_4": torch.zeros(17)}, "arr_4, inverse deviation"),
    ):
        with pytest.raises(CheckpointError, match=says):
            filled(wrong)


def test_untrained_features_neither_vanish_nor_explode() -> None:
    features = Encoder("sononet16").eval()(frame(2, 64, 80))
    assert 1 < features.std().item() < 1000


def test_gain_and_brightness_do_not_count() -> None:
    encoder, grey = Encoder("sononet16").eval(), frame(2, 32, 48)
    features = encoder(grey)
    assert features.shape == (2, encoder.dim)
    assert torch.allclose(encoder(grey / 3 + 0.2), features, rtol=1e-3, atol=1e-3)
    assert torch.allclose(encoder(grey[:1]), features[:1], rtol=1e-4, atol=1e-4)
    assert encoder(torch.full((1, 32, 48), 0.3)).isfinite().all()
    assert standardised(grey[:, None]).std(correction=0) == pytest.approx(255, 1e-4)


@pytest.mark.parametrize("size", [(64, 96), (40, 72)])
def test_a_dilated_map_holds_the_published_one(size: tuple[int, int]) -> None:
    encoder = filled(made_up_arrays()).encoder.eval()
    grey = frame(2, *size)
    known = encoder.feature_map(grey)
    assert encoder.output_stride == 16
    assert known.shape == (2, encoder.map_dim, -(-size[0] // 16), -(-size[1] // 16))
    dense = encoder.dilated(8)
    assert dense.feature_map(grey).shape[2:] == (-(-size[0] // 8), -(-size[1] // 8))
    scale = known.std().item()
    shown = dense.feature_map(grey)[:, :, ::2, ::2]
    assert torch.allclose(shown, known, rtol=1e-4, atol=1e-4 * scale)
    assert torch.equal(dense.dilated(16)(grey), encoder(grey))
    with pytest.raises(ConfigError, match="ask for 16"):
        encoder.dilated(32)


def test_the_authors_planes_are_right_through_ingest(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """13 of 13, at the given image area and with our crop, resizing and JPEG."""
    source = shared_data / "sononet"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    table = tmp_path / "planes.csv"
    with table.open("w", newline="") as file:
        rows = [(f"{name}.tiff", name, plane) for name, plane in PLANES.items()]
        csv.writer(file).writerows([("path", "subject", "plane"), *rows])
    words = f"ingest {source / 'example_images'} {tmp_path / 'store'} --workers 0"
    given = f"--area 115 81 734 874 --subjects {table} --labels plane"
    assert run([*words.split(), *given.split(), "--strict"]) == 0
    store = Store.open(tmp_path / "store")
    found = store.frame_labels("plane")
    frames_BHW = FrameReader(store, SIZE).read(np.asarray(found.positions))
    with np.load(source / "SonoNet16.npz", allow_pickle=False) as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    with torch.no_grad():
        scores_BC = filled(arrays)(frames_BHW)
    predicted = [CLASSES[place] for place in scores_BC.argmax(1).tolist()]
    assert predicted == list(found.labels)
    assert sorted(predicted) == sorted(PLANES.values())
