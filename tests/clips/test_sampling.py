from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.clips import sampling
from insonify.clips.sampling import ClipOptions, find_clips
from insonify.clips.stretches import stretches
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


def clips_at_once(
    index: FrameIndex, subjects: frozenset[str], options: ClipOptions
) -> list[list[int]]:
    """All frames in one go, as clips were found until there were a hundred million."""
    change_N = np.diff(index.video_N) | np.diff(index.segment_N)
    run_N = np.cumsum(np.r_[True, change_N].astype(bool)) - 1
    span = float(index.time_s_N.max()) + 1.0
    key_N = index.time_s_N + run_N * 2 * span
    path_N = np.cumsum(index.motion_N, dtype=np.float64)
    starts_C = index.of_subjects(subjects)
    clips_CT = np.tile(starts_C[:, None], options.frames)
    right_C = np.ones(len(starts_C), bool)
    for place in range(1, options.frames):
        due_C = key_N[starts_C] + place * options.interval_s
        after_C = np.clip(np.searchsorted(key_N, due_C), 1, len(key_N) - 1)
        near_C = after_C - (due_C - key_N[after_C - 1] <= key_N[after_C] - due_C)
        before_C = clips_CT[:, place - 1]
        error_C = np.abs(key_N[near_C] - due_C)
        right_C &= error_C <= options.tolerance * options.interval_s
        right_C &= (run_N[near_C] == run_N[starts_C]) & (near_C > before_C)
        right_C &= path_N[near_C] - path_N[before_C] >= options.motion_floor
        clips_CT[:, place] = near_C
    found: list[list[int]] = clips_CT[right_C].tolist()
    return found


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    seed=st.integers(0, 999),
    room=st.sampled_from([1, 7, 40, 10_000]),
    interval_s=st.sampled_from([0.1, 0.25, 8 / 30]),
    floor=st.sampled_from([0.0, 0.5, 3.0]),
)
def test_looking_at_a_stretch_at_a_time_finds_the_same_clips(
    seed: int, room: int, interval_s: float, floor: float
) -> None:
    """Videos of a frame or more, regular and not, with gaps, cuts and stills."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, 40, generator.integers(1, 9))
    steps = [1 / 30, 1 / 30, 1 / 25, 0.5]
    videos = [np.cumsum(generator.choice(steps, n)).tolist() for n in counts]
    videos[0] = (np.arange(counts[0]) / 30).tolist()  # due times half-way: ties
    segments = [np.cumsum(generator.random(n) < 0.1).tolist() for n in counts]
    index = make_index(videos, segments)
    index.motion_N[generator.random(len(index)) < 0.3] = 0
    options = ClipOptions(frames=3, interval_s=interval_s, motion_floor=floor)
    subjects = frozenset(index.subjects[::2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "stretches", partial(stretches, frames=room))
        try:
            found = find_clips(index, subjects, options).tolist()
        except StoreError:
            found = []
    assert found == clips_at_once(index, subjects, options)


def test_a_frame_of_a_clip_takes_four_bytes() -> None:
    index = make_index([np.arange(0, 4, 0.1).tolist()])
    clips_CT = find_clips(index, frozenset({"s-0"}), ClipOptions(motion_floor=0))
    assert clips_CT.dtype == np.int32


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
