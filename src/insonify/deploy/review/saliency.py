"""Where one would look: learnt in the background, drawn frame by frame.

Legend: H rows and W columns of a frame, h rows and w columns of a map.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, Literal

import numpy as np
from PIL import Image as Picture

from insonify.core.errors import InsonifyError
from insonify.core.video import Box
from insonify.deploy.colours import HEAT, shade
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.deploy.overlay import Overlay
from insonify.deploy.review.byte_cache import ByteCache
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.images import PNG, Image, Images, encoded
from insonify.deploy.review.options import DeskOptions
from insonify.deploy.review.refusals import Absent
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.examples import Floats

State = Literal["none", "learning", "ready"]
_PICTURES: Final = 64 * 2**20
_GRACE_S: Final = 5.0
"""Seconds to wait for the background when the app ends."""


class _Stopped(BaseException):
    """The app ends while something is learnt; nothing but the thread catches it."""


class Saliency:
    """Maps of predicted gaze, as soon as there are heads."""

    def __init__(
        self,
        path: Path,
        checkpoint: Checkpoint | None,
        options: DeskOptions,
        on_notice: Callable[[str], None],
    ) -> None:
        self._path, self._checkpoint, self._options = path, checkpoint, options
        self._on_notice = on_notice
        self._heads: Heads | None = None
        self._why = "there is no encoder; start the app with --checkpoint"
        self._thread: Thread | None = None
        self._stop, self._one = Event(), Lock()
        self._pictures = ByteCache(_PICTURES)

    @property
    def state(self) -> State:
        """Whether there are maps, or will be."""
        if self._heads is not None:
            return "ready"
        learning = self._thread is not None and self._thread.is_alive()
        return "learning" if learning else "none"

    def start(self) -> None:
        """Begin to learn, or to read what was learnt."""
        if self._checkpoint is not None and self._thread is None:
            self._why = "saliency is being learnt; it will be there in a minute"
            self._thread = Thread(target=self._run, name="saliency", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop learning."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_GRACE_S)

    def picture(self, entry: Entry, i: int, images: Images) -> Image:
        """Heat of a frame's size: the hotter, the more opaque; nothing elsewhere.

        Raises:
            Absent: there are no maps, or not yet.
        """
        heads = self._heads
        if heads is None:
            raise Absent(self._why)
        kept = self._pictures.get(
            (entry.video, i), lambda: (self._drawn(heads, entry, i, images),)
        )
        return Image(kept[0], PNG)

    def _drawn(self, heads: Heads, entry: Entry, i: int, images: Images) -> bytes:
        frames_1HW = images.pixels(entry, i)[None]
        views = heads.views(frames_1HW, entry.rectangle)
        with self._one:  # Two at once would take twice as long each.
            (map_hw,) = heads.saliency(views)
        return encoded(heat(map_hw, entry.shape_HW, seen_window(entry, heads.size)))

    def _run(self) -> None:
        try:
            self._heads = self._learnt()
        except InsonifyError as error:
            self._why = "saliency could not be learnt; the terminal says why"
            self._on_notice(f"No saliency: {error}")
        except _Stopped:
            return

    def _learnt(self) -> Heads | None:
        assert self._checkpoint is not None
        folder, store = self._options.heads, Store.open(self._path)
        if folder is not None and folder.exists():
            heads = Heads.load(folder, self._checkpoint)
        elif lacking := _lacking(store):
            self._why = f"saliency: the store has no {lacking}"
            return None
        else:
            options = self._head_options()
            heads = Heads.fit(store, self._checkpoint, options, self._go_on)
            if folder is not None:
                heads.save(folder)
        if heads.has_saliency:
            return heads
        self._why = "; ".join(heads.card.left_out)
        return None

    def _head_options(self) -> HeadOptions:
        chosen = self._options
        return replace(
            chosen.learning, task=chosen.task, split=chosen.split, fold=chosen.fold
        )

    def _go_on(self, _: str) -> None:
        if self._stop.is_set():
            raise _Stopped


def _lacking(store: Store) -> str | None:
    """What there must be to learn from, and is not."""
    if not store.gaze_videos():
        return "gaze"
    if not store.splits():
        return "split that says whose gaze may teach; make one with insonify split"
    return None


def seen_window(entry: Entry, size: tuple[int, int]) -> Box:
    """The part of a frame that the encoder sees."""
    overlay = Overlay(
        frame_HW=entry.shape_HW,
        rectangle=entry.rectangle,
        size=size,
        drawn_HW=entry.shape_HW,
        opacity=1.0,
    )
    return overlay.window


def heat(map_hw: Floats, shape_HW: tuple[int, int], window: Box) -> np.ndarray:
    """A map as a picture with opacity: uint8 (H, W, 4)."""
    level_hw = map_hw / max(float(map_hw.max()), 1e-12)
    resized = Picture.fromarray(level_hw.astype(np.float32)).resize(
        (window.width, window.height), Picture.Resampling.BICUBIC
    )
    level = np.clip(np.asarray(resized), 0, 1)
    picture = np.zeros((*shape_HW, 4), np.uint8)
    inside = picture[window.top : window.bottom, window.left : window.right]
    inside[..., :3] = shade(HEAT, level)
    inside[..., 3] = (255 * level).round()
    return picture
