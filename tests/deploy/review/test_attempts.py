"""Limits of guessing."""

from itertools import pairwise

import pytest

from insonify.deploy.review.attempts import Attempts
from tests.deploy.review.conftest import FakeClock


def test_five_a_minute_and_growing_waits() -> None:
    """The times at which a guesser who never rests gets through."""
    clock = FakeClock()
    attempts, times = Attempts(clock), list[float]()
    while len(times) < 20:
        if wait := attempts.begin("10.0.0.1"):
            clock.now_s += wait
        else:
            times.append(clock.now_s)
    for first, sixth in zip(times, times[5:], strict=False):
        assert sixth - first >= 60
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[:5] == [0, 0, 1, 2, 57]
    assert gaps[12:] == sorted(gaps[12:])
    assert gaps[-1] == 900


def test_success_forgives() -> None:
    clock = FakeClock()
    attempts = Attempts(clock)
    for _ in range(3):
        assert attempts.begin("10.0.0.1") == 0
    assert attempts.begin("10.0.0.1") > 0
    attempts.succeed("10.0.0.1")
    assert attempts.begin("10.0.0.1") == 0


def test_all_addresses_together_have_a_limit() -> None:
    attempts = Attempts(FakeClock())
    waits = [attempts.begin(f"10.0.{n}.1") for n in range(40)]
    assert waits[:30] == [0] * 30
    assert all(wait == 60 for wait in waits[30:])


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("10.0.0.1", "10.0.0.2", False),
    ],
)
def test_who_counts_as_one(one: str, other: str, *, together: bool) -> None:
    attempts = Attempts(FakeClock())
    for _ in range(3):
        attempts.begin(one)
    assert (attempts.begin(other) > 0) == together
