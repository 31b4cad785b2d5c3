"""A few subjects of each class: as many as they say, and fewer are part of more."""

from dataclasses import replace

import numpy as np
import pytest

from insonify.core.errors import ConfigError
from insonify.store.splits import Split
from insonify.transfer.frames import LabelledFrames
from insonify.transfer.shots import draw_shots, require_shots

CLASSES = ("background", "femur", "lips")
SUBJECTS_N = np.repeat([f"s-{number:02d}" for number in range(12)], 8)
LABELS_N = np.where(
    (np.arange(96) % 8 == 7) & (np.arange(96) < 32), 2, np.arange(96) % 2
)
"""All subjects have classes 0 and 1, the first four have class 2."""


def drawn(shots: int, frames: int = 1, seed: int = 0) -> set[int]:
    places = draw_shots(
        SUBJECTS_N, LABELS_N, shots=shots, frames=frames, seed=seed
    ).tolist()
    assert places == sorted(set(places))
    return set(places)


@pytest.mark.parametrize("shots", [1, 3, 10])
@pytest.mark.parametrize("frames", [1, 2])
def test_counts_are_exact(shots: int, frames: int) -> None:
    places = np.array(sorted(drawn(shots, frames)))
    for label, there in enumerate((12, 12, 4)):
        mine = places[LABELS_N[places] == label]
        subjects, counts = np.unique(SUBJECTS_N[mine], return_counts=True)
        assert len(subjects) == min(shots, there)
        assert (counts == (1 if label == 2 else frames)).all()


def test_fewer_are_part_of_more_and_seeds_differ() -> None:
    assert drawn(1) < drawn(5) < drawn(10)
    assert drawn(5, 1) < drawn(5, 3)
    assert len({tuple(sorted(drawn(3, seed=seed))) for seed in range(5)}) > 1


def test_more_shots_than_anybody_has_are_refused() -> None:
    frames = LabelledFrames(
        positions_N=np.arange(96),
        labels_N=LABELS_N,
        subjects_N=SUBJECTS_N,
        videos_N=SUBJECTS_N,
        times_s_N=np.zeros(96),
        classes=CLASSES,
    )
    parts = {f"s-{n:02d}": "train" if n < 7 else "test" for n in range(12)}
    split = Split(name="given", parts=parts)
    require_shots(frames, split, 0, (1, 7))
    require_shots(frames, split, 0, ())
    with pytest.raises(ConfigError, match=r"shots 8: .* ask for 7 at most"):
        require_shots(frames, split, 0, (1, 8))
    few = replace(frames, labels_N=np.where(LABELS_N == 2, 2, 0))
    require_shots(few, split, 0, (7,))
