import numpy as np

from insonify.deploy.labelling.labelled import read_labelled
from insonify.store import Store
from tests.deploy.labelling.conftest import (
    FRAMES,
    SUBJECTS,
    TASK,
    ArrayFeatures,
    clustered,
    truth_of,
)


def test_labels_come_with_subjects_and_stretches(labelled_store: Store) -> None:
    found = read_labelled(labelled_store, TASK, clustered(labelled_store))
    numbers = np.repeat(np.arange(SUBJECTS), FRAMES).tolist()
    frames = np.tile(np.arange(FRAMES), SUBJECTS).tolist()
    expected = [truth_of(*pair) for pair in zip(frames, numbers, strict=True)]
    assert found.labels_N.tolist() == expected
    assert found.subjects_N.tolist() == [f"s-{number:02d}" for number in numbers]
    assert found.classes == ("background", "femur", "head")
    # A stretch ends where the label changes, and with the video.
    changes = [
        (label, number) != before
        for label, number, before in zip(
            expected,
            numbers,
            [None, *zip(expected, numbers, strict=True)],
            strict=False,
        )
    ]
    assert found.stretches == sum(changes)
    assert np.array_equal(found.stretch_N, np.cumsum(changes))


def test_a_gap_ends_a_stretch_and_frames_without_features_are_left_out(
    labelled_store: Store,
) -> None:
    whole = clustered(labelled_store)
    some = np.array([0, 1, 3, 4, 25])
    features = ArrayFeatures(labelled_store, some, whole.features_ND[some])
    found = read_labelled(labelled_store, TASK, features)
    assert found.positions_N.tolist() == some.tolist()
    examples = found.examples(features, ("background", "femur", "head"))
    assert np.array_equal(examples.features_ND, whole.features_ND[some])
    assert [found.classes[label] for label in examples.labels_N] == (
        found.labels_N.tolist()
    )


def test_thinning_takes_of_every_stretch(labelled_store: Store) -> None:
    found = read_labelled(labelled_store, TASK, clustered(labelled_store))
    fewer = found.thinned(found.stretches)
    assert np.array_equal(fewer.stretch_N, np.unique(found.stretch_N))
    assert len(found.spaced(48)) == 48
    assert np.ptp(np.diff(found.spaced(48).positions_N)) == 0
    assert found.spaced(10_000) is found


def test_a_task_without_labels_has_no_frames(
    labelled_store: Store, bare_store: Store
) -> None:
    for store, task in ((labelled_store, "zone"), (bare_store, TASK)):
        found = read_labelled(store, task, clustered(store))
        assert len(found) == found.stretches == 0
        assert found.classes == ()
