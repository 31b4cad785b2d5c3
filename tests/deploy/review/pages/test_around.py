"""The second before and after a frame, against a loop over all frames."""

from hypothesis import given
from hypothesis import strategies as st

from insonify.deploy.review.pages.around import around


@given(
    st.lists(st.floats(0.01, 0.6), min_size=1, max_size=200),
    st.lists(st.booleans(), min_size=200, max_size=200),
    st.integers(0, 199),
)
def test_neighbours_are_near_in_one_segment_and_few(
    steps: list[float], cuts: list[bool], wanted: int
) -> None:
    times = [sum(steps[: k + 1]) for k in range(len(steps))]
    segments = [sum(cuts[: k + 1]) for k in range(len(steps))]
    frame = wanted % len(times)
    frames, step_ms = around(times, segments, frame)
    allowed = [
        k
        for k, time in enumerate(times)
        if abs(time - times[frame]) <= 1 and segments[k] == segments[frame]
    ]
    assert frame in frames
    assert len(frames) <= 60
    assert set(frames) <= set(allowed)
    if len(allowed) <= 60:
        assert frames == allowed
    assert step_ms >= 0
