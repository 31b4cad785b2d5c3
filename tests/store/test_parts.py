import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import IngestError
from insonify.core.video import Video
from insonify.store import Store, StoreSettings
from insonify.store.parts import VideoParts

Noise = Callable[..., Video]
Cut = Callable[..., Iterator[Video]]


@pytest.fixture
def raw(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "raw", StoreSettings(codec="raw", size=16))


def files(store: Store) -> list[Path]:
    return list((store.path / "frames.lance" / "data").glob("*"))


def test_parts_become_the_same_video_as_the_whole(
    tmp_path: Path, noise: Noise, cut: Cut
) -> None:
    found = []
    for at in ((), (1, 300, 301), (256, 512)):
        path = tmp_path / str(at)
        store = Store.create(path, StoreSettings(codec="raw", size=16))
        entry = store.write_video(cut(noise(0, frames=600), *at), "f")
        assert len(entry.fragments) == len(at) + 1
        store.commit([entry])
        store = Store.open(path)
        index = store.frames()
        pixels = np.stack(store.read_frames(np.arange(600)))
        numbers = store._tables.read("frames", ["index"])["index"].to_pylist()
        assert numbers == list(range(600))
        assert np.array_equal(pixels, noise(0, frames=600).frames_THW)
        found.append((store.videos().to_pylist(), index.time_s_N, index.segment_N))
    (row,), *_ = found[0]
    assert (row["frames"], row["duration_s"]) == (600, 599 / 20)
    for rows, times, segments in found[1:]:
        assert rows == found[0][0]
        assert np.array_equal(times, found[0][1])
        assert np.array_equal(segments, found[0][2])


def test_a_fact_has_the_value_of_the_last_part(noise: Noise, cut: Cut) -> None:
    facts: tuple[dict[str, str | int | float], ...]
    facts = ({"timing": "a", "read": 3}, {"read": 5}, {"read": 9, "notes": "b"})
    parts = VideoParts("f", 1)
    for part, its in zip(cut(noise(0, frames=9), 3, 6), facts, strict=True):
        parts.add(replace(part, facts=its))
    assert parts.row()["facts"] == '{"timing": "a", "read": 9, "notes": "b"}'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"subject": "other"}, "differ in subject"),
        ({"spacing_mm": (1.0, 1.0)}, "differ in spacing_mm"),
        ({"frames_THW": np.zeros((3, 16, 32), np.uint8)}, "differ in width"),
        ({"times_s_T": np.arange(3) + 0.1}, "must increase from part to part"),
        ({"segments_T": np.zeros(3, np.int32)}, "must not decrease from part to"),
    ],
)
def test_parts_that_do_not_follow_are_refused(
    noise: Noise, cut: Cut, change: dict[str, object], says: str
) -> None:
    first, second = cut(noise(0, frames=6), 3)
    parts = VideoParts("f", 1)
    parts.add(first)
    with pytest.raises(ValueError, match=says):
        parts.add(replace(second, **change))  # type: ignore[arg-type]


def test_no_part_at_all_is_refused(raw: Store) -> None:
    with pytest.raises(ValueError, match="at least one part"):
        raw.write_video([], "f")


def test_a_source_that_breaks_off_leaves_no_file(
    raw: Store, noise: Noise, cut: Cut
) -> None:
    def broken() -> Iterator[Video]:
        yield from cut(noise(0, frames=9), 3, 6)
        assert len(files(raw)) == 3
        raise IngestError("damaged")

    with pytest.raises(IngestError, match="damaged"):
        raw.write_video(broken(), "f")
    assert files(raw) == []
    entry = raw.write_video(cut(noise(0, frames=9), 3), "f")
    assert len(files(raw)) == 2
    raw.discard(entry)
    assert files(raw) == []


def test_one_part_at_a_time_is_in_memory(raw: Store, noise: Noise) -> None:
    """No part is referred to once the next one is asked for."""
    gone: list[weakref.ref[Video]] = []

    def watched() -> Iterator[Video]:
        for number in range(6):
            part = noise(0)
            part = replace(
                part,
                times_s_T=part.times_s_T + number,
                segments_T=part.segments_T + 2 * number,
            )
            gone.append(weakref.ref(part))
            yield part
            del part
            assert all(ref() is None for ref in gone)

    raw.write_video(watched(), "f")
    assert len(gone) == 6
