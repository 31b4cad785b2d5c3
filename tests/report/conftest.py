"""Predictions made up for tests of reports."""

from collections.abc import Callable

import numpy as np
import pytest

from insonify.report.tables.evaluation import Evaluated
from insonify.report.tables.metrics import Floats, Integers

Make = Callable[..., Evaluated]


@pytest.fixture
def make() -> Make:
    """Makes the predictions of one arm out of arrays; a video a subject by default."""

    def evaluated(
        truth_N: Integers,
        probabilities_KNC: Floats,
        subject_N: Integers,
        *,
        video_N: Integers | None = None,
        time_s_N: Floats | None = None,
        arm: str = "siamese",
    ) -> Evaluated:
        frames = np.arange(len(truth_N))
        return Evaluated(
            arm=arm,
            protocol="linear",
            fraction=1.0,
            seeds=tuple(range(len(probabilities_KNC))),
            subjects=tuple(f"s-{n:04d}" for n in range(subject_N.max() + 1)),
            videos=tuple(f"v-{n:04d}" for n in range(len(truth_N))),
            frame_N=frames,
            subject_N=subject_N,
            video_N=subject_N if video_N is None else video_N,
            time_s_N=frames.astype(float) if time_s_N is None else time_s_N,
            truth_N=truth_N,
            probabilities_KNC=probabilities_KNC.astype(np.float32),
        )

    return evaluated
