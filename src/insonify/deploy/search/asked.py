"""What is searched for: a frame of the store, or a picture.

Legend: H rows, W columns, D features.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from insonify.core.errors import ConfigError, StoreError
from insonify.core.video import Frames
from insonify.deploy.embedding.embed import embed
from insonify.deploy.embedding.features import Features
from insonify.deploy.scan import file_scan
from insonify.deploy.search.names import only
from insonify.ingest.clean import CleanOptions
from insonify.model.checkpoint import Checkpoint
from insonify.store import FrameIndex, Store
from insonify.transfer.examples import Floats

_FRAME: Final = re.compile(r"(?P<video>[^@#]+)(@(?P<time>[\d.]+)s?|#(?P<number>\d+))")
_SLACK_S: Final = 0.5
"""How far outside a video a time may lie."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What is searched for."""

    vector_D: Floats
    picture_HW: Frames
    """Its frame, cropped to the image area."""
    position: int | None = None
    """In ``store.frames()``; None where it is of no store."""
    views: int = 1
    """How many images its source shows side by side."""


def asked_frame(store: Store, features: Features, position: int) -> Asked:
    """A frame of a store.

    Raises:
        StoreError: it has no feature, or cannot be read.
    """
    place = np.array([position])
    (vector_D,) = features.read(place)
    (picture_HW,) = store.read_frames(place)
    return Asked(vector_D=vector_D, picture_HW=picture_HW, position=position)


def asked_picture(
    path: Path, checkpoint: Checkpoint, cleaning: CleanOptions, *, view: int = 1
) -> Asked:
    """A still that is no part of the store, cleaned as ingest does.

    Args:
        path: PNG, JPEG, DICOM or whatever ingest reads; one frame.
        checkpoint: The encoder that the store's features are of.
        cleaning: How it is cleaned.
        view: Which of its images, where it shows several side by side.

    Raises:
        ConfigError: there is no such view, or more than one frame.
        IngestError: ingest refuses it.
    """
    scan = file_scan(path, cleaning, view=view)
    first = next(scan.pieces())
    if len(first.frames_BHW) > 1:
        raise ConfigError(
            "--image: the file is a video; name a still, or ingest it and pass --like"
        )
    (vector_D,) = embed(checkpoint, first.frames_BHW, scan.rectangle)
    return Asked(vector_D=vector_D, picture_HW=first.frames_BHW[0], views=scan.views)


def position_of(index: FrameIndex, text: str) -> int:
    """The position of ``VIDEO@12.3s`` or ``VIDEO#417``.

    Args:
        index: The store's frames.
        text: The beginning of a video's name that no other video shares, and a time in
            seconds (the nearest frame is meant) or a frame's number.

    Raises:
        ConfigError: the text is neither.
        StoreError: there is no such video, or its frames lie elsewhere.
    """
    found = _FRAME.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"{text!r} names no frame; write VIDEO@12.3s (seconds), or VIDEO#417 (the "
            "frame's number)"
        )
    video = index.video_ids.index(only(index.video_ids, found["video"], "video"))
    places = np.flatnonzero(index.video_N == video)
    if found["number"] is not None:
        return int(places[_number(int(found["number"]), len(places))])
    return int(places[_nearest(index.time_s_N[places], found["time"])])


def _number(number: int, frames: int) -> int:
    if number >= frames:
        raise StoreError(
            f"frame {number}: the video's frames have the numbers 0 to {frames - 1}"
        )
    return number


def _nearest(times_s_T: np.ndarray, written: str) -> int:
    try:
        time_s = float(written)
    except ValueError:
        raise ConfigError(f"{written!r} is no time in seconds") from None
    if not times_s_T[0] - _SLACK_S <= time_s <= times_s_T[-1] + _SLACK_S:
        raise StoreError(
            f"{time_s:g} s: the video's frames are from {times_s_T[0]:.2f} s to "
            f"{times_s_T[-1]:.2f} s"
        )
    return int(np.argmin(np.abs(times_s_T - time_s)))
