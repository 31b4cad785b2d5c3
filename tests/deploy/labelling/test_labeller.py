from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from insonify.deploy.labelling.fitting import Fitted
from insonify.deploy.labelling.labeller import Labeller, Queued
from insonify.store import Store
from insonify.store.reviews import Review
from tests.deploy.labelling.conftest import (
    CLASSES,
    FRAMES,
    TASK,
    ArrayFeatures,
    clustered,
    quick,
    truth_of,
)


def answer(store: Store, asked: list[Queued], unix_ms: int = 1) -> None:
    """Label queued frames as an expert would, a millisecond after the other."""
    store.review(
        [
            Review(
                video=one.video,
                task=TASK,
                label=truth_of(one.frame, int(one.video.removeprefix("v-"))),
                start_s=one.time_s,
                end_s=one.time_s,
                author="expert",
                unix_ms=unix_ms + place,
                event=f"{unix_ms + place:016x}",
            )
            for place, one in enumerate(asked)
        ]
    )
    store.refresh()


@pytest.fixture
def labeller(bare_store: Store) -> Labeller:
    return Labeller(bare_store, clustered(bare_store), quick())


def test_a_session_from_the_first_label_on(
    bare_store: Store, labeller: Labeller
) -> None:
    roles, index = bare_store.split("three").roles(0), bare_store.frames()
    assert labeller.refit().probe is None
    answer(bare_store, labeller.queue(8, held_out=True), 1)
    assert labeller.refit() == labeller.fitted
    assert labeller.fitted is not None
    assert labeller.fitted.labels == 0
    seen: set[int] = set()
    for batch in range(5):
        asked = labeller.queue(6)
        assert len(asked) == 6
        positions = {one.position for one in asked}
        assert not positions & seen
        seen |= positions
        for one in asked:
            assert one.subject in roles.train
            assert index.video_ids[index.video_N[one.position]] == one.video
            assert index.time_s_N[one.position] == one.time_s == one.frame / 4
            assert 0 <= one.doubt <= 1
        answer(bare_store, asked, 100 * (batch + 1))
        fitted = labeller.refit()
        assert fitted.labels == len(seen)
    assert [point.labels for point in labeller.curve] == [6, 12, 18, 24, 30]
    last = labeller.curve[-1]
    assert last == fitted.point
    assert last.subjects == len(roles.test)
    assert last.low is not None
    assert last.high is not None
    assert last.low <= last.macro_f1 <= last.high
    assert last.macro_f1 > 0.8
    guess = labeller.queue(1)[0].guess
    assert list(guess.values()) == sorted(guess.values(), reverse=True)
    assert set(guess) <= set(CLASSES)


def test_a_queue_is_the_same_until_labels_change(
    bare_store: Store, labeller: Labeller
) -> None:
    first = labeller.queue(4)
    assert labeller.queue(4) == first
    assert first[0].doubt == 1
    assert first[0].guess == {}
    answer(bare_store, first[:1])
    assert first[0] not in labeller.queue(FRAMES * 12)


def test_held_out_labels_teach_nothing(bare_store: Store) -> None:
    features = clustered(bare_store)
    one = Labeller(bare_store, features, quick())
    answer(bare_store, one.queue(12), 1)
    before = one.refit()
    held = one.queue(10, held_out=True)
    assert {asked.subject for asked in held} <= one.sides.held
    answer(bare_store, held, 1000)
    after = one.refit()
    assert before.point is None
    assert after.point is not None
    assert before.probe is not None
    assert after.probe is not None
    assert np.array_equal(before.probe.weights_CD, after.probe.weights_CD)
    assert (before.labels, after.labels) == (12, 12)


def test_probabilities_are_those_of_the_videos_frames(
    bare_store: Store, labeller: Labeller
) -> None:
    video = bare_store.frames().video_ids[3]
    assert labeller.probabilities(video) is None
    answer(bare_store, labeller.queue(20))
    fitted = labeller.refit()
    found = labeller.probabilities(video)
    assert found is not None
    frames, shares_nC = found
    assert np.array_equal(frames, np.arange(FRAMES))
    assert shares_nC.shape == (FRAMES, len(fitted.classes))
    assert np.allclose(shares_nC.sum(1), 1, atol=1e-5)
    truth = [truth_of(frame, 3) for frame in range(FRAMES)]
    named = [fitted.classes[place] for place in shares_nC.argmax(1)]
    assert np.mean(np.array(named) == truth) > 0.7


def test_a_video_without_features_has_no_probabilities(bare_store: Store) -> None:
    whole = clustered(bare_store)
    some = np.arange(FRAMES, 12 * FRAMES)
    features = ArrayFeatures(bare_store, some, whole.features_ND[some])
    labeller = Labeller(bare_store, features, quick())
    answer(bare_store, labeller.queue(20))
    assert labeller.refit().probe is not None
    videos = bare_store.frames().video_ids
    assert labeller.probabilities(videos[0]) is None
    assert labeller.probabilities(videos[1]) is not None


def test_the_curve_is_drawn_again_from_the_log(bare_store: Store) -> None:
    features = clustered(bare_store)
    first = Labeller(bare_store, features, quick(batch=6))
    answer(bare_store, first.queue(12, held_out=True), 1)
    for batch in range(4):
        answer(bare_store, first.queue(6), 100 * (batch + 1))
        first.refit()
    again = Labeller(bare_store, features, quick(batch=6))
    assert again.replay() == first.curve
    assert [point.labels for point in again.curve] == [6, 12, 18, 24]
    fewer = Labeller(bare_store, features, quick(batch=6))
    assert [point.labels for point in fewer.replay(2)] == [6, 24]


def test_labels_that_came_with_ingest_come_first(labelled_store: Store) -> None:
    labeller = Labeller(labelled_store, clustered(labelled_store), quick())
    (point,) = labeller.replay()
    assert point.labels == len(labeller.sides.asked) * FRAMES
    assert labeller.refit().point == point
    assert labeller.queue(5) == []


def test_many_ask_while_one_refits(bare_store: Store, labeller: Labeller) -> None:
    answer(bare_store, labeller.queue(8, held_out=True), 1)
    answer(bare_store, labeller.queue(16), 100)
    video = bare_store.frames().video_ids[0]
    with ThreadPoolExecutor(4) as threads:
        fits = [threads.submit(labeller.refit) for _ in range(4)]
        queues = [threads.submit(labeller.queue, 5) for _ in range(8)]
        shares = [threads.submit(labeller.probabilities, video) for _ in range(8)]
    fitted: list[Fitted] = [fit.result() for fit in fits]
    assert len({one.point for one in fitted}) == 1
    assert all(len(queue.result()) == 5 for queue in queues)
    assert all(one.exception() is None for one in shares)
