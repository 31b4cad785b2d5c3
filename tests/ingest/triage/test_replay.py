from collections.abc import Callable

import numpy as np
import pytest

from insonify.core.video import Frames
from insonify.ingest.triage.blocks import Flags, Small, Times, reduce
from insonify.ingest.triage.options import TriageOptions
from insonify.ingest.triage.replay import replayed

Screen = Callable[..., Frames]


def slow(small_KXY: Small, times_s_K: Times, options: TriageOptions) -> Flags:
    """Frame by frame, every lag in full, averages as their definition says."""
    count = len(small_KXY)

    def smooth(values: list[float]) -> list[float]:
        last = len(values) - 1
        return [
            sum(values[min(max(k, 0), last)] for k in range(at - 4, at + 5)) / 9
            for at in range(len(values))
        ]

    def change(one: int, other: int) -> float:
        return float(np.abs(small_KXY[one] - small_KXY[other]).mean())

    usual = smooth([change(k, k - 1) for k in range(1, count)])
    usual = [usual[0], *usual]
    again = np.zeros(count, bool)
    for lag in range(8, count - 7):
        found = smooth([change(k, k - lag) for k in range(lag, count)])
        alike = [found[k - lag] < options.replay * usual[k] for k in range(lag, count)]
        begin = lag
        for k in range(lag, count + 1):
            if k < count and alike[k - lag]:
                continue
            lasts = k > begin and times_s_K[k - 1] - times_s_K[begin]
            if k - begin >= 8 and lasts >= options.replay_s * 7 / 8:
                again[begin:k] = True
            begin = k + 1
    return again


def noisy(frames: Frames, level: float = 1.5) -> Frames:
    """What a codec leaves of frames: other noise every time."""
    noise = np.random.default_rng(0).normal(0, level, frames.shape)
    return (frames + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("lags_at_once", [7, 64])
@pytest.mark.parametrize("replay", [0.5, 0.9, 2.5])
def test_as_by_the_definition(
    screen: Screen, replay: float, lags_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insonify.ingest.triage.replay._AT_ONCE", lags_at_once)
    live = screen(60)
    shown = np.concatenate([live[:40], live[10:38], live[50:]])
    small, times = reduce(noisy(shown)), np.arange(len(shown)) / 20
    options = TriageOptions(replay=replay)
    found = replayed(small, times, options)
    assert np.array_equal(found, slow(small, times, options))
    assert found.any()


def test_a_cine_loop_is_shown_once(screen: Screen) -> None:
    loop = screen(30)
    small = reduce(noisy(np.concatenate([loop] * 3)))
    found = replayed(small, np.arange(90) / 20, TriageOptions())
    assert not found[:28].any()
    assert found[34:].all()


def test_live_frames_are_no_replay(screen: Screen) -> None:
    small, times = reduce(noisy(screen(90))), np.arange(90) / 20
    assert not replayed(small, times, TriageOptions()).any()
    assert not replayed(small[:9], times[:9], TriageOptions()).any()


def test_a_replay_must_last(screen: Screen) -> None:
    live = screen(60)
    small = reduce(np.concatenate([live[:40], live[5:20], live[40:]]))
    times = np.arange(75) / 20
    assert replayed(small, times, TriageOptions(replay_s=0.5)).sum() >= 8
    assert not replayed(small, times, TriageOptions(replay_s=1.0)).any()
