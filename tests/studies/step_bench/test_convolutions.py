import torch
from torch import nn

from insonify.model.encoder import Encoder
from insonify.studies.step_bench.convolutions import (
    Convolution,
    convolution_limits,
    convolutions_of,
)


def test_all_convolutions_of_an_encoder_are_found_with_their_shapes() -> None:
    encoder = Encoder("resnet10_half")
    counts = convolutions_of(encoder, torch.rand(2, 64, 80))
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    assert sum(counts.values()) == len(convolutions)
    stem = Convolution(
        given=(2, 1, 64, 80),
        weight=(64, 1, 7, 7),
        stride=(2, 2),
        padding=(3, 3),
        dilation=(1, 1),
        groups=1,
        onwards=False,
    )
    assert counts[stem] == 1
    assert [each.onwards for each in counts].count(False) == 1
    assert sum(
        each.weight == (256, 256, 3, 3) and each.given == (2, 256, 2, 3)
        for each in counts
    )


def test_nothing_is_noted_of_later_calls() -> None:
    encoder, frames = Encoder("resnet10_half"), torch.rand(2, 32, 32)
    counts = convolutions_of(encoder, frames)
    before = counts.total()
    encoder(frames)
    assert counts.total() == before


def test_limits_count_each_occurrence_and_both_ways() -> None:
    network = nn.Sequential(*(nn.Conv2d(64, 64, 3, padding=1) for _ in range(3)))
    grouped = nn.Conv2d(64, 64, 3, stride=2, groups=4, dilation=2)
    given = torch.rand(2, 64, 8, 8)
    counts = convolutions_of(nn.Sequential(network, grouped), given)
    limits = convolution_limits(counts, torch.float32, torch.device("cpu"))
    assert sorted(each.times for each in limits) == [1, 1, 2]
    for each in limits:
        assert each.forward > 0
        assert each.backward > 0
        assert each.seconds == each.times * (each.forward + each.backward)
