import json
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from insonify.core.errors import ConfigError
from insonify.core.video import Frames
from insonify.ingest.triage import (
    Triage,
    TriageOptions,
    join_figures,
    thresholds,
    triage,
)

Screen = Callable[..., Frames]


def look(frames_THW: Frames, *, fps: float = 20, **options: float) -> Triage:
    times_s_T = np.arange(len(frames_THW)) / fps
    mask_HW = np.ones(frames_THW.shape[1:], bool)
    return triage(frames_THW, times_s_T, mask_HW, TriageOptions(**options))


def test_live_frames_are_kept_with_their_motion(screen: Screen) -> None:
    frames = screen(20)
    found = look(frames)
    assert found.keep_T.all()
    assert not found.segments.any()
    small = frames.reshape(20, 22, 8, 25, 8).mean((2, 4))
    slow = [np.abs(one - two).mean() for one, two in pairwise(small)]
    assert found.motion == pytest.approx([0, *slow], rel=1e-4)


def test_motion_is_the_mean_over_the_image_area(screen: Screen) -> None:
    frames = screen(4)
    frames[:, :, :96] = 0
    mask_HW = np.zeros(frames.shape[1:], bool)
    mask_HW[:, 96:] = True
    found = triage(frames, np.arange(4) / 20, mask_HW, TriageOptions())
    assert found.motion == pytest.approx(look(frames[:, :, 96:]).motion, rel=1e-4)


def test_repeats_of_a_converted_clip_are_dropped_and_not_called_frozen(
    screen: Screen,
) -> None:
    frames = screen(20).repeat([1, 3] * 10, 0)
    found = look(frames, fps=40)
    assert {name: n for name, n in found.counts.items() if n} == {"duplicates": 20}
    assert np.array_equal(frames[found.keep_T], screen(20))
    assert not found.segments.any()


def test_a_freeze_with_noise_is_dropped_and_ends_a_segment(screen: Screen) -> None:
    live, generator = screen(40), np.random.default_rng(0)
    still = live[19].astype(int) + generator.integers(-1, 2, (30, *live[19].shape))
    frames = np.concatenate([live[:20], still.clip(0, 255).astype(np.uint8), live[20:]])
    found = look(frames)
    assert found.counts["frozen"] == 30
    assert np.flatnonzero(~found.keep_T).tolist() == list(range(20, 50))
    assert found.segments.tolist() == [0] * 20 + [1] * 20
    assert found.motion[20] == 0
    kept = look(frames, freeze_s=0)
    assert kept.counts["frozen"] == 0


def test_a_beating_heart_is_not_frozen(screen: Screen) -> None:
    beat = screen(10)
    found = look(np.concatenate([beat, beat[::-1]] * 4))
    assert found.counts["frozen"] == 0


def test_a_black_surround_does_not_make_a_slow_picture_frozen() -> None:
    frames = np.zeros((20, 128, 128), np.uint8)
    frames[:, :48, :48] = (
        60 + np.arange(20).reshape(20, 1, 1) // 2
    )  # 5 in half a second
    assert look(frames).counts["frozen"] == 0
    assert look(frames[:, :48, :48]).counts["frozen"] == 0


def test_a_cut_ends_a_segment(screen: Screen) -> None:
    other = (screen(20, seed=1) * 0.6).astype(np.uint8)
    found = look(np.concatenate([screen(20), other]))
    assert found.counts["cuts"] == 1
    assert found.segments.tolist() == [0] * 20 + [1] * 20


def test_black_frames_are_dropped(screen: Screen) -> None:
    frames = screen(20)
    frames[:2] = 1
    found = look(frames)
    assert found.counts["black"] == 2
    assert found.keep_T.tolist() == [False] * 2 + [True] * 18


def test_a_gap_ends_a_segment(screen: Screen) -> None:
    times_s_T = np.arange(20) / 20
    times_s_T[12:] += 1
    mask_HW = np.ones((176, 200), bool)
    found = triage(screen(20), times_s_T, mask_HW, TriageOptions())
    assert found.segments.tolist() == [0] * 12 + [1] * 8


def test_nothing_but_black_or_one_frame(screen: Screen) -> None:
    assert not look(np.zeros((5, 16, 16), np.uint8)).keep_T.any()
    assert look(screen(1)).keep_T.tolist() == [True]


def test_thresholds_are_not_negative() -> None:
    with pytest.raises(ConfigError, match="negative"):
        TriageOptions(black=-1)


def test_a_frame_is_counted_by_the_first_reason(screen: Screen) -> None:
    frames = screen(40)
    frames[10:30] = 0
    times_s_T, mask_HW = np.arange(40) / 20, np.ones((176, 200), bool)
    share_T = np.where(np.arange(40) < 20, 0.5, 0.0)
    found = triage(frames, times_s_T, mask_HW, TriageOptions(), share_T)
    dropped = {name: n for name, n in found.counts.items() if n}
    assert dropped == {"black": 20, "colour": 10}
    assert np.flatnonzero(found.keep_T).tolist() == list(range(30, 40))


def test_zero_switches_every_rule_off(screen: Screen) -> None:
    live = screen(30)
    dark = np.zeros((4, *live.shape[1:]), np.uint8)
    frames = np.concatenate([live, live, live[-1:].repeat(20, 0), dark, 255 - live])
    times_s_T = np.arange(len(frames)) / 20
    times_s_T[70:] += 5
    mask_HW = np.ones(live.shape[1:], bool)
    share_T = np.full(len(frames), 0.5)
    names = ["duplicate", "black", "freeze_s", "lift_off", "colour", "replay"]
    names += ["overlay_s", "split_screen", "cut_jump", "gap"]
    off = TriageOptions(**dict.fromkeys(names, 0.0))
    found = triage(frames, times_s_T, mask_HW, off, share_T)
    assert found.keep_T.all()
    assert not any(found.counts.values())
    assert not found.segments.any()
    on = triage(frames, times_s_T, mask_HW, TriageOptions(), share_T)
    assert not on.keep_T.any()


def test_figures_of_stretches_join_to_those_of_the_whole(screen: Screen) -> None:
    frames = (screen(40) * np.linspace(1, 0.5, 40)[:, None, None]).astype(np.uint8)
    times_s_T, mask_HW = np.arange(40) / 20, np.ones((176, 200), bool)
    share_T = np.linspace(0, 0.008, 40)
    whole = triage(frames, times_s_T, mask_HW, TriageOptions(), share_T)
    parts = [
        triage(frames[at], times_s_T[at], mask_HW, TriageOptions(), share_T[at])
        for at in (slice(0, 25), slice(24, 40))
    ]
    assert join_figures([part.figures for part in parts]) == whole.figures
    assert whole.figures["colour_most"] == 0.008


def test_thresholds_are_kept_as_json() -> None:
    kept = json.loads(thresholds(TriageOptions(colour=0.5)))
    assert TriageOptions(**kept) == TriageOptions(colour=0.5)
