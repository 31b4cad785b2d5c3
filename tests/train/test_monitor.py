import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from insonify.store import Store
from insonify.train.monitor import Probe, build_probe, encode, rank_me


def test_rank_counts_the_directions_that_are_used() -> None:
    draw = Generator().manual_seed(0)
    for rank in (1, 5, 20):
        orthogonal = torch.linalg.qr(torch.randn(400, rank, generator=draw)).Q
        mixed_ND = orthogonal @ torch.linalg.qr(torch.randn(32, rank)).Q.T
        assert rank_me(mixed_ND) == pytest.approx(rank, rel=1e-3)


class Mean(nn.Module):
    """Mean and contrast of a frame: enough to tell bright from dark."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, frames_BHW: Tensor) -> Tensor:
        grey = frames_BHW.float()
        return torch.stack([grey.mean((1, 2)), torch.full((len(grey),), 50.0)], 1)


def test_the_probe_sees_what_separates_and_what_does_not() -> None:
    dark, bright = torch.full((40, 8, 8), 20), torch.full((40, 8, 8), 200)
    frames_NHW = torch.cat([dark, bright]).to(torch.uint8)
    train_N = np.arange(80) % 2 == 0
    labels_N = np.repeat(["dark", "bright"], 40)
    seen = Probe(frames_NHW=frames_NHW, train_N=train_N, labels_N=labels_N)
    assert seen.measure(Mean())["knn"] == 1.0
    labels_N = np.array(["a", "b"])[np.random.default_rng(0).integers(0, 2, 80)]
    blind = Probe(frames_NHW=frames_NHW, train_N=train_N, labels_N=labels_N)
    assert 0.2 < blind.measure(Mean())["knn"] < 0.8


def test_the_probe_reads_training_and_validation_subjects_only(store: Store) -> None:
    store.make_split("k", folds=3, task="texture", seed=0)
    roles = store.split("k").roles(0)
    index = store.frames()
    probe = build_probe(store, roles, "texture", (32, 40), 100)
    assert probe.labels_N is not None
    assert probe.train_N.sum() == 50
    assert len(probe.frames_NHW) == 100
    tested = {
        frame.numpy().tobytes()
        for frame in build_probe(
            store, roles._replace(validation=roles.test), None, (32, 40), len(index)
        ).frames_NHW
    }
    read = {frame.numpy().tobytes() for frame in probe.frames_NHW}
    assert not read & tested
    unlabelled = build_probe(store, roles, None, (32, 40), 30)
    assert unlabelled.labels_N is None
    assert set(unlabelled.measure(Mean())) == {"rank"}


def test_encoding_leaves_the_mode_as_it_was() -> None:
    for training in (True, False):
        model = Mean().train(training)
        encode(model, torch.zeros(3, 8, 8, dtype=torch.uint8))
        assert model.training == training
