from itertools import pairwise

import pytest
import torch

from insonify.core.errors import ConfigError
from insonify.train.optimisation import Optimisation, pack, unpack


def test_cosine_rises_to_the_highest_rate_and_falls_to_nearly_nothing() -> None:
    chosen = Optimisation(learning_rate=0.2, warmup=0.1)
    rates = [chosen.rate(step, 100) for step in range(100)]
    assert rates.index(max(rates)) == 10
    assert max(rates) == pytest.approx(0.2)
    assert all(a < b for a, b in pairwise(rates[:11]))
    assert all(a > b for a, b in pairwise(rates[10:]))
    assert rates[-1] < 0.001


def test_the_papers_schedule_drops_tenfold_for_the_last_two_of_eight_epochs() -> None:
    chosen = Optimisation(learning_rate=0.1, schedule="last-quarter", warmup=0.0)
    rates = [chosen.rate(step, 80) for step in range(80)]
    assert rates[:60] == [0.1] * 60
    assert rates[60:] == pytest.approx([0.01] * 20)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_an_optimiser_goes_on_from_its_packed_state_bit_for_bit(name: str) -> None:
    def advance(weight: torch.nn.Parameter, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(3):
            optimizer.zero_grad()
            (weight**3).sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    chosen = Optimisation(optimizer=name)  # type: ignore[arg-type]
    weight = torch.nn.Parameter(torch.linspace(-1, 1, 7))
    optimizer = chosen.build([weight])
    advance(weight, optimizer)
    copy = torch.nn.Parameter(weight.detach().clone())
    resumed = chosen.build([copy])
    unpack(resumed, {key: value.clone() for key, value in pack(optimizer).items()})
    advance(weight, optimizer)
    advance(copy, resumed)
    assert torch.equal(weight, copy)


@pytest.mark.parametrize("wrong", [{"learning_rate": 0.0}, {"warmup": 1.0}])
def test_rates_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Optimisation(**wrong)  # type: ignore[arg-type]
