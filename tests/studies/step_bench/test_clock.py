import time

import pytest
import torch

from insonify.studies.step_bench.clock import Clock, fastest

CPU = torch.device("cpu")


def test_parts_follow_each_other_without_a_gap() -> None:
    clock, began = Clock(CPU), time.perf_counter()
    with clock.part("outer"):
        time.sleep(0.02)
        with clock.part("inner"), clock.part("inner"):
            time.sleep(0.03)
        clock.go_on_as("rest")
        time.sleep(0.01)
    whole = time.perf_counter() - began
    assert sum(clock.seconds.values()) == pytest.approx(whole, abs=2e-3)
    assert clock.seconds["inner"] >= 0.03
    assert 0.02 <= clock.seconds["outer"] < whole - 0.04
    assert clock.seconds["rest"] >= 0.01


def test_what_is_between_parts_is_of_none() -> None:
    clock = Clock(CPU)
    with clock.part("first"):
        pass
    time.sleep(0.02)
    with clock.part("second"):
        pass
    assert sum(clock.seconds.values()) < 0.01


def test_a_part_that_fails_is_closed() -> None:
    clock = Clock(CPU)
    with pytest.raises(ZeroDivisionError), clock.part("first"):
        raise ZeroDivisionError
    with clock.part("second"):
        pass
    assert set(clock.seconds) == {"first", "second"}


@pytest.mark.parametrize(("budget", "calls"), [(10.0, 4), (0.0, 1)])
def test_the_first_round_is_not_counted_unless_it_is_the_only_one(
    budget: float, calls: int
) -> None:
    pauses = iter([0.03, 0.005, 0.01, 0.01])
    done = []

    def work() -> None:
        time.sleep(next(pauses))
        done.append(1)

    seconds = fastest(work, CPU, rounds=3, budget=budget)
    assert len(done) == calls
    assert (seconds < 0.02) == (calls > 1)
