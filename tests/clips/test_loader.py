from dataclasses import replace
from itertools import islice

import numpy as np
import torch

from insonify.clips.loader import ClipLoader, FrameReader, cut, largest_window
from insonify.clips.sampling import ClipOptions, find_clips
from insonify.core.video import Box
from insonify.store import Store


def make_loader(store: Store, **changes: object) -> ClipLoader:
    options = ClipOptions(size=(32, 40), interval_s=0.2)
    index = store.frames()
    loader = ClipLoader(
        store=store,
        clips_CT=find_clips(index, frozenset(index.subjects), options),
        options=options,
        source=(48, 60),
        batch=6,
        seed=1,
    )
    return replace(loader, **changes)  # type: ignore[arg-type]


def first(loader: ClipLoader, count: int, skip: int = 0) -> torch.Tensor:
    return torch.cat(list(islice(loader.batches(skip), count)))


def test_workers_change_nothing(store: Store) -> None:
    expected = first(make_loader(store, workers=0), 5)
    assert expected.shape == (30, 4, 48, 60)
    for workers in (1, 2, 3):
        assert torch.equal(first(make_loader(store, workers=workers), 5), expected)


def test_a_batch_may_hold_runs_of_one_subject(store: Store) -> None:
    loader = make_loader(store, together=3)
    index = store.frames()
    for number in range(3):
        videos_B = index.video_N[loader.positions(number)[:, 0]]
        owners = [index.subjects[video] for video in videos_B]
        assert owners[:3] == owners[:1] * 3
        assert owners[3:] == owners[3:4] * 3
    loose = make_loader(store).positions(0)
    assert not np.array_equal(loose, loader.positions(0))


def test_starting_later_gives_the_same_batches(store: Store) -> None:
    loader = make_loader(store)
    assert torch.equal(first(loader, 5)[18:], first(loader, 2, skip=3))


def test_two_processes_share_each_batch_out(store: Store) -> None:
    whole = make_loader(store).read(2)
    parts = [make_loader(store, rank=rank, world=2).read(2) for rank in (0, 1)]
    assert torch.equal(parts[0], whole[0::2])
    assert torch.equal(parts[1], whole[1::2])


def test_seed_and_epoch_change_the_crops(store: Store) -> None:
    loader = make_loader(store)
    few = replace(loader, clips_CT=loader.clips_CT[:6])
    epochs = [few.read(epoch) for epoch in (0, 1)]
    assert not torch.equal(*epochs)
    assert not torch.equal(loader.read(0), make_loader(store, seed=2).read(0))


def test_crops_stay_inside_the_rectangle_with_and_without_jitter(store: Store) -> None:
    loader = make_loader(store)
    index = store.frames()
    for jitter in (0.0, 9.0):
        options = replace(loader.options, jitter_px=jitter, crop=(0.5, 1.0))
        drawn = replace(loader, options=options)
        lefts = set()
        for place, clip_T in enumerate(loader.clips_CT[:40]):
            windows = drawn._windows(0, place, clip_T[0])
            box = index.rectangles[index.video_N[clip_T[0]]]
            for window in windows:
                assert box.left <= window.left <= window.right <= box.right + 1e-9
                assert box.top <= window.top <= window.bottom <= box.bottom + 1e-9
                lefts.add(round(window.left - windows[0].left, 6))
        assert (len(lefts) > 20) == (jitter > 0)


def test_a_frame_is_read_as_its_largest_central_window(store: Store) -> None:
    frames_BHW = FrameReader(store, (48, 64)).read(np.array([0, 41]))
    assert frames_BHW.shape == (2, 48, 64)
    whole_HW = store.read_frames(np.array([41]))[0]
    expected = cut(whole_HW, largest_window(Box(0, 0, 96, 128), (48, 64)), (48, 64))
    assert np.array_equal(frames_BHW[1].numpy(), expected)


def test_the_largest_window_keeps_the_aspect_and_the_centre() -> None:
    window = largest_window(Box(10, 20, 110, 60), (50, 50))
    assert window == (20, 40, 60, 80)


def test_cutting_averages_what_it_shrinks() -> None:
    stripes_HW = np.tile(np.array([0, 200], np.uint8), (32, 16))
    view_HW = cut(stripes_HW, largest_window(Box(0, 0, 32, 32), (8, 8)), (8, 8))
    assert np.abs(view_HW[:, 1:-1].astype(int) - 100).max() <= 10
