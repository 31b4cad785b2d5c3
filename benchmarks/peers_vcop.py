"""Video clip order prediction, written plainly, as its public implementations are.

Xu et al., Self-supervised Spatiotemporal Learning via Video Clip Order Prediction, CVPR
2019, section 3: features of three shuffled clips, all pairs of them through a layer,
and one of six orders. A clip is one frame here, so that the network is a ResNet-18.

Legend: B batch, T frames of a clip, C channels, H rows, W columns, D features.
"""

from importlib import import_module
from itertools import combinations, permutations

import torch
from peers_arms import SIDE, VIEWS, Lesson
from peers_images import ClipFiles, ImageNetInput, clips_of, learn
from torch import Tensor, nn

from insonify.clips.sampling import ClipOptions
from insonify.store import Store

_FRAMES = 3
_DIM, _HIDDEN = 512, 512
_ORDERS = torch.tensor(list(permutations(range(_FRAMES))))
_PAIRS = list(combinations(range(_FRAMES), 2))


class OrderPrediction(nn.Module):
    """Which order are the frames in?"""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.pair = nn.Linear(2 * _DIM, _HIDDEN)
        self.order = nn.Linear(_HIDDEN * len(_PAIRS), len(_ORDERS))
        self.dropout = nn.Dropout(0.5)

    def forward(self, clips_BTCHW: Tensor) -> Tensor:
        """Scores of the orders: (B, 6)."""
        features_NTD = self.backbone(clips_BTCHW.flatten(0, 1)).unflatten(
            0, (-1, _FRAMES)
        )
        pairs = [features_NTD[:, pair].flatten(1) for pair in map(list, _PAIRS)]
        hidden = torch.cat([torch.relu(self.pair(pair)) for pair in pairs], 1)
        scores_BO: Tensor = self.order(self.dropout(hidden))
        return scores_BO


def train(lesson: Lesson, _: str) -> nn.Module:
    """Pretrain with its authors' SGD: rate 0.001, momentum 0.9, decay 0.0005."""
    torch.manual_seed(lesson.seed)
    backbone = import_module("torchvision.models").resnet18(weights=None)
    backbone.fc = nn.Identity()
    model = OrderPrediction(backbone)

    def loss_of(clips_BTCHW: Tensor) -> Tensor:
        orders_B = torch.randint(len(_ORDERS), (len(clips_BTCHW),))
        rows_B1 = torch.arange(len(clips_BTCHW))[:, None]
        scores_BO = model(clips_BTCHW[rows_B1, _ORDERS[orders_B]])
        return nn.functional.cross_entropy(scores_BO, orders_B)

    options = ClipOptions(frames=_FRAMES)
    clips_CT = clips_of(Store.open(lesson.store), lesson.split, lesson.fold, options)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4
    )
    learn(
        model,
        ClipFiles(lesson.images, clips_CT, SIDE),
        loss_of,
        optimizer,
        batch=VIEWS // _FRAMES,
        steps=lesson.steps,
    )
    return ImageNetInput(backbone)
