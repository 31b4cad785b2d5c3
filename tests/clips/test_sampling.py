import numpy as np
import pytest

from insonify.clips.sampling import ClipOptions, find_clips
from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Box
from insonify.store import FrameIndex


def make_index(
    videos: list[list[float]], segments: list[list[int]] | None = None
) -> FrameIndex:
    counts = [len(times) for times in videos]
    total = sum(counts)
    flat = [s for one in segments for s in one] if segments else [0] * total
    return FrameIndex(
        row_N=np.arange(total),
        video_N=np.repeat(np.arange(len(videos)), counts),
        time_s_N=np.array([time for times in videos for time in times]),
        segment_N=np.array(flat),
        motion_N=np.ones(total, np.float32),
        video_ids=tuple(f"v-{number}" for number in range(len(videos))),
        subjects=tuple(f"s-{number}" for number in range(len(videos))),
        rectangles=(Box(0, 0, 8, 8),) * len(videos),
        shapes_HW=((8, 8),) * len(videos),
    )


def slow_clips(index: FrameIndex, options: ClipOptions) -> list[list[int]]:
    """The definition, frame by frame."""
    found = []
    for start in range(len(index)):
        clip = [start]
        for place in range(1, options.frames):
            due = index.time_s_N[start] + place * options.interval_s
            near = min(
                (
                    n
                    for n in range(len(index))
                    if index.video_N[n] == index.video_N[start]
                    and index.segment_N[n] == index.segment_N[start]
                ),
                key=lambda n: (abs(index.time_s_N[n] - due), n),
            )
            off = abs(index.time_s_N[near] - due)
            moved = index.motion_N[clip[-1] + 1 : near + 1].sum()
            late = off > options.tolerance * options.interval_s
            if late or near <= clip[-1] or moved < options.motion_floor:
                break
            clip.append(near)
        if len(clip) == options.frames:
            found.append(clip)
    return found


def test_clips_are_those_of_the_slow_definition() -> None:
    generator = np.random.default_rng(0)
    videos = [np.sort(generator.uniform(0, 4, n)).tolist() for n in (60, 3, 45)]
    segments = [[n // 25 for n in range(60)], [0] * 3, [n // 30 for n in range(45)]]
    index = make_index(videos, segments)
    index.motion_N[generator.integers(0, len(index), 40)] = 0
    options = ClipOptions(frames=3, interval_s=0.3, tolerance=0.3, motion_floor=2.0)
    clips_CT = find_clips(index, frozenset(index.subjects), options)
    assert clips_CT.tolist() == slow_clips(index, options)
    assert len(clips_CT) > 10


def test_only_the_subjects_that_were_asked_for() -> None:
    index = make_index([np.arange(0, 4, 0.1).tolist()] * 3)
    clips_CT = find_clips(index, frozenset({"s-1"}), ClipOptions(motion_floor=0))
    assert set(index.video_N[clips_CT].ravel()) == {1}


def test_a_still_video_gives_no_clip_and_the_error_says_why() -> None:
    index = make_index([np.arange(0, 4, 0.1).tolist()])
    index.motion_N[:] = 0.01
    with pytest.raises(StoreError, match=r"none of 40 frames.*motion >= 0.5"):
        find_clips(index, frozenset({"s-0"}), ClipOptions())


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": 1},
        {"interval_s": 0.0},
        {"crop": (0.0, 1.0)},
        {"crop": (0.8, 0.5)},
        {"size": (8, 64)},
        {"jitter_px": -1.0},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ClipOptions(**wrong)  # type: ignore[arg-type]
