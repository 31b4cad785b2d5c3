from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.clips.order import ClipOrder
from insonify.core.errors import ConfigError
from insonify.store.frames import Integers

SUBJECTS = np.repeat([4, 0, 7], [23, 20, 3])


@pytest.mark.parametrize("together", [None, 5])
def test_an_epoch_shows_every_clip_once_in_an_order_of_its_own(
    together: int | None,
) -> None:
    order = ClipOrder(subject_C=SUBJECTS, seed=3, together=together)
    epochs = [order.of(epoch).tolist() for epoch in (0, 1)]
    assert all(sorted(epoch) == list(range(46)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    other = ClipOrder(subject_C=SUBJECTS, seed=4, together=together)
    assert other.of(0).tolist() != epochs[0]
    assert [order.at(place) for place in range(92)] == epochs[0] + epochs[1]


def test_an_epoch_is_the_same_after_many_others() -> None:
    order = ClipOrder(subject_C=SUBJECTS, seed=0, together=5)
    before = order.of(0).copy()
    for epoch in range(1, 9):
        order.of(epoch)
    assert np.array_equal(order.of(0), before)


def test_runs_are_of_one_subject_each_and_leftovers_come_last() -> None:
    order_N = ClipOrder(subject_C=SUBJECTS, seed=1, together=5).of(2)
    runs_RT = SUBJECTS[order_N[:40]].reshape(8, 5)
    assert (runs_RT == runs_RT[:, :1]).all()
    assert sorted(runs_RT[:, 0].tolist()) == [0] * 4 + [4] * 4
    assert runs_RT[:, 0].tolist() != sorted(runs_RT[:, 0].tolist())
    assert sorted(SUBJECTS[order_N[40:]].tolist()) == [4, 4, 4, 7, 7, 7]


def test_subjects_with_too_few_clips_for_a_run_are_mixed() -> None:
    order = ClipOrder(subject_C=np.arange(30), seed=0, together=2)
    assert sorted(order.of(0).tolist()) == list(range(30))
    assert order.of(0).tolist() != list(range(30))


def drawn_one_by_one(
    subject_C: Integers, seed: int, epoch: int, together: int | None
) -> list[int]:
    """Subject by subject and run by run, as figures were made until now."""
    generator = np.random.default_rng((seed, epoch))
    shuffled = generator.permutation(len(subject_C)).tolist()
    if together is None:
        return [int(clip) for clip in shuffled]
    runs: list[list[int]] = []
    rest: list[int] = []
    for subject in sorted(set(subject_C.tolist())):
        own = [clip for clip in shuffled if subject_C[clip] == subject]
        while len(own) >= together:
            runs.append(own[:together])
            own = own[together:]
        rest += own
    order = [runs[place] for place in generator.permutation(len(runs))]
    mixed = [rest[place] for place in generator.permutation(len(rest))]
    return [clip for run in order for clip in run] + mixed


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    subjects=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    seed=st.integers(0, 5),
    epoch=st.integers(0, 3),
    together=st.sampled_from([None, 1, 2, 3, 7]),
)
def test_a_seed_gives_the_order_that_it_always_gave(
    subjects: list[int], seed: int, epoch: int, together: int | None
) -> None:
    subject_C = np.array(subjects)
    order = ClipOrder(subject_C=subject_C, seed=seed, together=together)
    expected = drawn_one_by_one(subject_C, seed, epoch, together)
    assert order.of(epoch).tolist() == expected


def test_the_order_of_many_clips_is_that_of_numpy() -> None:
    drawn = np.random.default_rng((5, 2)).permutation(200_000)
    order_N = ClipOrder(subject_C=np.zeros(200_000, int), seed=5).of(2)
    assert np.array_equal(order_N, drawn)
    assert order_N.dtype == np.int32


def test_a_hundred_thousand_subjects_of_two_clips_each() -> None:
    subject_C = np.arange(200_000) // 2
    order_N = ClipOrder(subject_C=subject_C, seed=0, together=2).of(0)
    runs_RK = subject_C[order_N].reshape(-1, 2)
    assert (runs_RK[:, 0] == runs_RK[:, 1]).all()
    assert len(np.unique(order_N)) == 200_000


def test_threads_that_need_the_same_epoch_wait_for_one_that_draws_it() -> None:
    order, at_once = ClipOrder(subject_C=np.arange(100_000), seed=0), Barrier(8)

    def draw(_: int) -> Integers:
        at_once.wait()
        return order.of(0)

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(draw, range(8))
    assert all(other is first for other in others)


def test_no_clips_have_no_order() -> None:
    with pytest.raises(ConfigError, match="no clips"):
        ClipOrder(subject_C=np.array([], int), seed=0)
