"""Layers: what they are called, that they are the encoder's own, who reads them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Generator
from torch.nn import functional as F

from insonify.core.errors import ConfigError
from insonify.model.checkpoint import Card, Checkpoint
from insonify.model.encoder import Encoder
from insonify.model.heads import FeatureMaps
from insonify.model.stages import stage_maps
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.layers import (
    PooledStages,
    StageMaps,
    layer_names,
    layer_part,
)
from insonify.transfer.linear import LinearProbe
from insonify.transfer.planes import PlanesOptions, run_planes

NAMES = ("stem", "stage 1", "stage 2", "stage 3", "stage 4", "final")
FRAMES = torch.rand(3, 32, 40, generator=Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("architecture", "widths"),
    [
        ("resnet10_half", [64, 32, 64, 128, 256]),
        ("tf_efficientnet_lite0", [16, 24, 40, 112, 320]),
    ],
)
def test_layers_are_named_from_the_stem_to_the_end(
    architecture: str, widths: list[int]
) -> None:
    encoder = Encoder(architecture)
    assert layer_names(encoder) == NAMES
    parts = [layer_part(encoder, name) for name in NAMES[:-1]]
    assert [part.stop - part.start for part in parts] == widths
    assert parts[0].start == 0
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]


@torch.inference_mode()
def test_the_last_stage_of_a_resnet_is_what_the_encoder_ends_with() -> None:
    encoder = Encoder("resnet10_half").eval()
    part = layer_part(encoder, "stage 4")
    pooled_BD = PooledStages(encoder)(FRAMES)
    torch.testing.assert_close(pooled_BD[:, part], encoder(FRAMES))
    dilated = encoder.dilated(8)
    maps_BDhw = StageMaps(dilated, (4, 5))(FRAMES)
    torch.testing.assert_close(maps_BDhw[:, part], FeatureMaps(dilated)(FRAMES))


@torch.inference_mode()
def test_reading_and_resampling_may_change_places() -> None:
    encoder = Encoder("resnet10_half").eval().dilated(8)
    (stem_BChw, *_) = stage_maps(encoder, FRAMES)
    weights_C = torch.randn(64, generator=Generator().manual_seed(1))
    read_BHW = torch.einsum("bchw,c->bhw", stem_BChw.float(), weights_C)
    slow_Bhw = F.avg_pool2d(read_BHW[:, None], 4)[:, 0]
    maps_BDhw = StageMaps(encoder, (4, 5))(FRAMES)[:, layer_part(encoder, "stem")]
    fast_Bhw = torch.einsum("bchw,c->bhw", maps_BDhw.float(), weights_C)
    torch.testing.assert_close(fast_Bhw, slow_Bhw, atol=1e-2, rtol=1e-2)


def test_every_layer_gets_a_probe_and_the_last_equals_the_usual_one(
    store: Store, new_checkpoint: Callable[..., Checkpoint]
) -> None:
    store.make_split("three", folds=3, task="texture", seed=0)
    subjects = sorted(store.split("three").roles(0).train)
    known = {"store": store.id, "split": "three", "fold": 0, "subjects": subjects}
    arms = [Arm(name="a", checkpoints=(new_checkpoint(**known),))]
    options = PlanesOptions(
        task="texture",
        split="three",
        protocols=("linear", "layers"),
        linear=LinearProbe(grid=(1e-2,)),
        seeds=(0,),
        frames_per_video=2,
    )
    found = run_planes(store, arms, options, lambda _: None)
    rows = [row for row in found.rows.to_pylist() if row["arm"] == "a"]
    by_name = {
        name: torch.tensor([r["probabilities"] for r in rows if r["protocol"] == name])
        for name in dict.fromkeys(row["protocol"] for row in rows)
    }
    assert tuple(by_name) == ("linear", *(f"linear, {name}" for name in NAMES))
    assert torch.equal(by_name["linear, final"], by_name["linear"])
    torch.testing.assert_close(
        by_name["linear, stage 4"], by_name["linear"], atol=1e-3, rtol=0
    )
    assert not torch.allclose(by_name["linear, stem"], by_name["linear"], atol=1e-2)
    sono = Encoder("sononet16").eval()
    card = replace(arms[0].checkpoints[0].card, architecture="sononet16")
    assert isinstance(card, Card)
    with pytest.raises(ConfigError, match="sononet16 does not show"):
        run_planes(
            store,
            [Arm(name="s", checkpoints=(Checkpoint(encoder=sono, card=card),))],
            options,
            lambda _: None,
        )
