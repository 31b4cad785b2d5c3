import numpy as np
import pytest

from insonify.clips.order import ClipOrder
from insonify.core.errors import ConfigError

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


def test_no_clips_have_no_order() -> None:
    with pytest.raises(ConfigError, match="no clips"):
        ClipOrder(subject_C=np.array([], int), seed=0)
