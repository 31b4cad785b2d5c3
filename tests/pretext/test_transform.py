import math

import pytest
import torch
from torch import Generator, Tensor

from insonify.core.errors import ConfigError
from insonify.pretext import AffineTransform
from insonify.pretext.task import source_size
from insonify.pretext.warp import PARAMETERS

SIZE = (41, 61)


def spot_after(spot: tuple[float, float], **parameters: float) -> Tensor:
    """Where a spot of the clip, given from its centre, is seen after a warp."""
    task = AffineTransform(size=SIZE, margin=2.4)
    height, width = source_size(SIZE, task.margin)
    y = torch.arange(height)[:, None] - (height - 1) / 2
    x = torch.arange(width) - (width - 1) / 2
    clip = torch.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 4)
    drawn = torch.tensor([[parameters.get(name, 0.0) for name in PARAMETERS]])
    view_HW = task.apply(clip[None, None], {"parameters": drawn})[0, 1]
    weight = view_HW / view_HW.sum()
    y = torch.arange(SIZE[0])[:, None] - (SIZE[0] - 1) / 2
    x = torch.arange(SIZE[1]) - (SIZE[1] - 1) / 2
    return torch.stack([(weight * x).sum(), (weight * y).sum()])


def test_each_parameter_does_what_its_name_says() -> None:
    def near(found: Tensor, right: float, down: float) -> bool:
        return torch.allclose(
            found, torch.tensor([float(right), float(down)]), atol=0.15
        )

    assert near(spot_after((10, 5)), 10, 5)
    assert near(spot_after((10, 5), scale=1.0), 12.5, 6.25)
    assert near(spot_after((10, 5), scale=-1.0), 8, 4)
    assert near(spot_after((10, 5), right=1.0), 10 - 6.1, 5)
    assert near(spot_after((10, 5), down=-1.0), 10, 5 + 4.1)
    cos, sin = math.cos(math.pi / 6), math.sin(math.pi / 6)
    assert near(
        spot_after((10, 5), rotation=1.0), 10 * cos + 5 * sin, -10 * sin + 5 * cos
    )
    slope = math.tan(math.radians(10))
    assert near(spot_after((10, 5), shear=1.0), 10 - 5 * slope, 5)


def test_draws_fill_the_ranges_and_warps_stay_inside() -> None:
    task = AffineTransform(margin=1.5)
    drawn = task.sample(4000, Generator().manual_seed(0))["parameters"]
    assert drawn.abs().max() <= 1
    assert (drawn.abs().amax(0) > 0.95).all()
    assert not (drawn == 0).all(1).any()


def test_a_warp_that_leaves_the_clip_is_refused() -> None:
    task = AffineTransform(size=SIZE, margin=1.2)
    clips = torch.rand(1, 1, *source_size(SIZE, 1.2))
    with pytest.raises(ValueError, match="leaves the clip"):
        task.apply(clips, {"parameters": torch.ones(1, 5)})


@pytest.mark.parametrize(
    "wrong", [{"scale": 0.9}, {"margin": 0.5}, {"rotation": -1.0}, {"shear": 90.0}]
)
def test_ranges_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        AffineTransform(**wrong)  # type: ignore[arg-type]
