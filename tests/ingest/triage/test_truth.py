"""Against recordings of which it is known what is in them.

Legend: T frames, H rows, W columns.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from insonify.ingest.clean import CleanOptions, Names, views
from insonify.ingest.formats.reading import read
from insonify.ingest.triage import TriageOptions, triage
from insonify.phantom import PhantomOptions, make_phantom
from insonify.phantom.exam import VIDEOS

OFF = {"freeze_s": 0.0, "lift_off": 0.0, "colour": 0.0, "replay": 0.0}
OPTIONS = PhantomOptions(
    subjects=1,
    sweeps=2,
    seconds=8,
    fps=15,
    size=(160, 208),
    formats=("mp4",),
    gaze=False,
    seed=6,
)
IMAGE = np.s_[34:194, 34:242]
"""Where the phantom's screen has the image."""


@pytest.fixture(scope="module")
def confusion(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], list[int]]:
    """Frames that are rightly found, found, and to be found, by event and option."""
    folder = tmp_path_factory.mktemp("phantom") / "data"
    sums: dict[tuple[str, str], list[int]] = {}
    for outcome in make_phantom(folder, OPTIONS):
        frames = list(read(folder / VIDEOS / outcome.files[0]).frames())
        luma_THW = np.stack([frame.luma_HW[IMAGE] for frame in frames])
        mask_HW = luma_THW.max(0) > 0
        share_T = np.array(
            [
                0 if f.colour_HW is None else (f.colour_HW[IMAGE] & mask_HW).mean()
                for f in frames
            ]
        )
        times_s_T = np.array([frame.time_s for frame in frames])
        for event, option in (
            ("freeze", "freeze_s"),
            ("lift-off", "lift_off"),
            ("colour", "colour"),
        ):
            default = getattr(TriageOptions(), option)
            options = TriageOptions(duplicate=0, **(OFF | {option: default}))
            found = triage(luma_THW, times_s_T, mask_HW, options, share_T)
            truth_T = np.zeros(len(frames), bool)
            for _, name, start_s, end_s in outcome.rows["events"]:
                if name == event:
                    inside = times_s_T >= float(start_s) - 1e-3
                    truth_T |= inside & (times_s_T < float(end_s) - 1e-3)
            found_T = ~found.keep_T
            counts = [(found_T & truth_T).sum(), found_T.sum(), truth_T.sum()]
            known = sums.get((event, option), [0, 0, 0])
            sums[event, option] = [
                a + int(b) for a, b in zip(known, counts, strict=True)
            ]
    return sums


@pytest.mark.parametrize(
    ("event", "option", "recall"),
    [
        ("freeze", "freeze_s", 0.85),
        ("lift-off", "lift_off", 0.4),
        ("colour", "colour", 0.7),
    ],
)
def test_events_of_a_phantom_are_found_and_nothing_else(
    event: str,
    option: str,
    recall: float,
    confusion: dict[tuple[str, str], list[int]],
) -> None:
    right, found, there = confusion[event, option]
    assert there > 30
    assert right == found  # precision 1
    assert right >= recall * there


@pytest.mark.slow
def test_nothing_new_is_found_in_lung_clips(shared_data: Path) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((shared_data / "lung_video_ccby").rglob("*.m*")):
        if path.suffix == ".csv":
            continue
        for view in views(read(path), CleanOptions(), path):
            list(view.parts(Names("s-1", "e-1", "v-1")))
            counts += view.counts
    assert counts["frames_read"] == 11208
    found = {name for name, count in counts.items() if count}
    assert found <= {"frames_read", "frames", "duplicates", "cuts"}
