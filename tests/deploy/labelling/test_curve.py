import numpy as np
import pytest
from sklearn.metrics import f1_score

from insonify.deploy.labelling.curve import CurvePoint, HeldOut
from insonify.transfer.examples import Floats

GENERATOR = np.random.default_rng(1)
CLASSES = ("background", "femur", "head", "never")


def held_out(subjects: int = 8, frames: int = 160) -> HeldOut:
    return HeldOut(
        labels_B=GENERATOR.integers(0, 3, frames),
        subjects_B=np.array([f"s-{place % subjects}" for place in range(frames)]),
        classes=CLASSES,
        background="background",
    )


def guesses(held: HeldOut, right: float) -> Floats:
    """Probabilities that name the right class in a share of the frames."""
    found_BC = GENERATOR.uniform(0, 0.5, (len(held.labels_B), len(CLASSES)))
    lucky_B = GENERATOR.uniform(size=len(held.labels_B)) < right
    found_BC[np.flatnonzero(lucky_B), held.labels_B[lucky_B]] = 1
    return found_BC.astype(np.float32)


def mark(held: HeldOut, found_BC: Floats) -> CurvePoint:
    found_SC = held.outcomes(found_BC)
    return held.point(found_SC, labels=7, stretches=5, resamples=400)


def test_macro_f1_is_that_of_scikit_learn_without_background() -> None:
    held = held_out()
    found_BC = guesses(held, 0.6)
    point = mark(held, found_BC)
    expected = f1_score(
        held.labels_B, found_BC.argmax(1), labels=[1, 2], average="macro"
    )
    assert point.macro_f1 == pytest.approx(expected)
    assert (point.labels, point.stretches, point.subjects) == (7, 5, 8)


def test_background_counts_where_nothing_else_is_held_out() -> None:
    held = HeldOut(
        labels_B=np.zeros(6, np.int64),
        subjects_B=np.array(["a", "b"] * 3),
        classes=CLASSES,
        background="background",
    )
    assert mark(held, guesses(held, 1.0)).macro_f1 == pytest.approx(1)


def test_the_interval_is_that_of_drawing_subjects_again_and_again() -> None:
    held = held_out()
    found_BC = guesses(held, 0.6)
    point = mark(held, found_BC)
    names = np.unique(held.subjects_B)
    drawn = []
    for _ in range(400):
        places = np.concatenate(
            [
                np.flatnonzero(held.subjects_B == name)
                for name in GENERATOR.choice(names, len(names))
            ]
        )
        drawn.append(
            f1_score(
                held.labels_B[places],
                found_BC[places].argmax(1),
                labels=[1, 2],
                average="macro",
            )
        )
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert point.low == pytest.approx(low, abs=0.02)
    assert point.high == pytest.approx(high, abs=0.02)


def test_one_subject_has_no_interval() -> None:
    held = held_out(subjects=1)
    point = mark(held, guesses(held, 0.6))
    assert point.low is None
    assert point.high is None
