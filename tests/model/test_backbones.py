"""Fresh weights of backbones."""

import pytest
import timm
import torch
from timm.models.resnet import BasicBlock, Bottleneck

from insonify.model.backbones import build_backbone
from insonify.model.residual import begin_blocks


@pytest.mark.parametrize("name", ["resnet10_half", "seresnext50_half", "resnet18"])
def test_every_block_says_something_before_it_has_learnt(name: str) -> None:
    backbone = build_backbone(name).eval()
    blocks = [m for m in backbone.modules() if isinstance(m, BasicBlock | Bottleneck)]
    assert blocks
    for block in blocks:
        given = torch.rand(2, block.conv1.in_channels, 8, 8)
        past = given if block.downsample is None else block.downsample(given)
        assert not torch.allclose(block(given), torch.relu(past))


def test_blocks_without_gain_say_nothing() -> None:
    backbone = build_backbone("seresnext50_half").eval()
    blocks = [m for m in backbone.modules() if isinstance(m, BasicBlock | Bottleneck)]
    assert begin_blocks(backbone, 0.0) == len(blocks) == 16
    given = torch.rand(2, blocks[1].conv1.in_channels, 8, 8)
    torch.testing.assert_close(blocks[1](given), given)
    begin_blocks(backbone, 1.0)
    assert not torch.allclose(blocks[1](given), given)
    assert begin_blocks(timm.create_model("efficientnet_lite0"), 0.0) == 0


def test_all_other_weights_are_those_that_timm_draws() -> None:
    torch.manual_seed(0)
    ours = build_backbone("resnet18").state_dict()
    torch.manual_seed(0)
    theirs = timm.create_model("resnet18", in_chans=1, num_classes=0).state_dict()
    assert list(ours) == list(theirs)
    changed = {name for name in ours if not torch.equal(ours[name], theirs[name])}
    assert changed == {
        f"layer{stage}.{block}.bn2.weight" for stage in range(1, 5) for block in (0, 1)
    }
