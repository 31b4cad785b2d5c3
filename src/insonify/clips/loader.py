"""Batched random reads of frames and clips, by threads, in a reproducible order.

Threads, not processes: Lance is not fork-safe, and JPEG decoding and resizing leave
Python's lock. Everything random about clip *i* of epoch *e* comes from a generator of
its own, (seed, e, i), so neither the number of workers nor a resume changes a pixel.

Legend: B batch, T frames of a clip, H rows, W columns.
"""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from insonify.clips.cache import FrameCache
from insonify.clips.order import ClipOrder
from insonify.clips.sampling import ClipOptions
from insonify.core.video import Box, Frames
from insonify.store import Store
from insonify.store.frames import Integers


class Window(NamedTuple):
    """A rectangle of a stored frame, in pixels, that becomes a whole view."""

    left: float
    top: float
    right: float
    bottom: float


def largest_window(rectangle: Box, size_HW: tuple[int, int]) -> Window:
    """The largest centred window of the view's aspect ratio inside ``rectangle``."""
    height, width = size_HW
    scale = min(rectangle.height / height, rectangle.width / width)
    middle_x = (rectangle.left + rectangle.right) / 2
    middle_y = (rectangle.top + rectangle.bottom) / 2
    half_x, half_y = scale * width / 2, scale * height / 2
    return Window(
        middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y
    )


def cut(frame_HW: Frames, window: Window, size_HW: tuple[int, int]) -> Frames:
    """Resample a window of a frame to ``size_HW``; antialiased bilinear."""
    image = Image.fromarray(frame_HW)
    height, width = size_HW
    view = image.resize((width, height), Image.Resampling.BILINEAR, box=window)
    return np.asarray(view)


@dataclass(frozen=True)
class FrameReader:
    """Reads single frames as an encoder sees them at transfer: the central window."""

    store: Store
    size: tuple[int, int]

    def read(self, positions: Integers) -> Tensor:
        """Read frames.

        Args:
            positions: Positions in ``store.frames()``, shape (B,).

        Returns:
            uint8, (B, H, W): the largest central window inside the image area.
        """
        index = self.store.frames()
        frames = self.store.read_frames(positions)
        views = [
            cut(frame, largest_window(index.rectangles[video], self.size), self.size)
            for frame, video in zip(frames, index.video_N[positions], strict=True)
        ]
        return torch.from_numpy(np.stack(views))


@dataclass(frozen=True, kw_only=True)
class ClipLoader:
    """Endless batches of clips; batch *n* is the same whenever and however it is read.

    Attributes:
        store: Where frames are read from.
        clips_CT: Positions of the frames of all clips, from :func:`find_clips`.
        options: What a clip is.
        source: Rows and columns of the loaded frames, at least ``options.size``; the
            pretext tasks cut their views out of them.
        batch: Clips a batch, over all processes.
        together: Clips of one subject that follow each other (:class:`ClipOrder`);
            None: as they come.
        seed: Seed of order, crops and jitter.
        workers: Threads that read ahead; 0 reads when asked.
        cache_mb: Megabytes of decoded frames to keep in memory.
        rank: Number of this process.
        world: Number of processes; each reads its share of every batch.
    """

    store: Store
    clips_CT: Integers
    options: ClipOptions
    source: tuple[int, int]
    batch: int
    seed: int
    together: int | None = None
    workers: int = 1
    cache_mb: int = 0
    rank: int = 0
    world: int = 1

    def batches(self, first: int = 0) -> Generator[Tensor]:
        """Yield batches ``first``, ``first + 1``, …: uint8 (B, T, H, W)."""
        if self.workers == 0:
            while True:
                yield self.read(first)
                first += 1
        with ThreadPoolExecutor(self.workers) as pool:
            ahead: deque[Future[Tensor]] = deque()
            try:
                while True:
                    while len(ahead) <= self.workers:
                        ahead.append(pool.submit(self.read, first))
                        first += 1
                    yield ahead.popleft().result()
            finally:
                for waiting in ahead:
                    waiting.cancel()

    def read(self, number: int) -> Tensor:
        """Read this process's share of batch ``number``: uint8 (B, T, H, W)."""
        count, mine = len(self.clips_CT), self._places(number)
        clips_BT = self.positions(number)
        frames = self._cache.read(clips_BT.ravel())
        windows = [
            window
            for place, clip_T in zip(mine, clips_BT, strict=True)
            for window in self._windows(place // count, place % count, clip_T[0])
        ]
        views = [
            cut(frame, window, self.source)
            for frame, window in zip(frames, windows, strict=True)
        ]
        shape = (len(mine), self.options.frames, *self.source)
        return torch.from_numpy(np.stack(views).reshape(shape))

    def positions(self, number: int) -> Integers:
        """Positions in ``store.frames()`` of what :meth:`read` reads: (B, T)."""
        chosen = [self._order.at(place) for place in self._places(number)]
        clips_BT: Integers = self.clips_CT[chosen]
        return clips_BT

    def _places(self, number: int) -> range:
        """This process's places of a batch, counted over all epochs."""
        places = range(number * self.batch, (number + 1) * self.batch)
        return places[self.rank :: self.world]

    @cached_property
    def _order(self) -> ClipOrder:
        index = self.store.frames()
        subjects = np.unique(np.array(index.subjects), return_inverse=True)[1]
        subjects = subjects.astype(np.int32)  # One for each clip.
        return ClipOrder(
            subject_C=subjects[index.video_N[self.clips_CT[:, 0]]],
            seed=self.seed,
            together=self.together,
        )

    @cached_property
    def _cache(self) -> FrameCache:
        return FrameCache(self.store, self.cache_mb)

    def _windows(self, epoch: int, place: int, position: int) -> list[Window]:
        """Draw one crop for the clip and an independent shift for each frame."""
        generator = np.random.default_rng((self.seed, epoch, place))
        index = self.store.frames()
        rectangle = index.rectangles[index.video_N[position]]
        whole = largest_window(rectangle, self.source)
        share = generator.uniform(*self.options.crop)
        width = share * (whole.right - whole.left)
        height = share * (whole.bottom - whole.top)
        scale = width / self.source[1]
        reach = self.options.jitter_px * scale
        shifts_T2 = generator.uniform(-reach, reach, (self.options.frames, 2))
        left = generator.uniform(rectangle.left, rectangle.right - width)
        top = generator.uniform(rectangle.top, rectangle.bottom - height)
        lefts_T = np.clip(
            left + shifts_T2[:, 0], rectangle.left, rectangle.right - width
        )
        tops_T = np.clip(
            top + shifts_T2[:, 1], rectangle.top, rectangle.bottom - height
        )
        return [
            Window(x, y, x + width, y + height)
            for x, y in zip(lefts_T.tolist(), tops_T.tolist(), strict=True)
        ]
