"""A contact sheet of what was found: one HTML file that opens without a network.

It holds pictures of patients: it is made only when it is asked for, and goes only where
those pictures may go. Legend: H rows, W columns.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from PIL import Image

from insonify.core.video import Frames
from insonify.deploy.search.asked import Asked
from insonify.deploy.search.listing import Listing, labels_of, said
from insonify.report.page.frame_pictures import jpeg_address
from insonify.store import Store

_SIDE: Final = 320
"""Pixels of the longer side of a picture."""
_QUALITY: Final = 88


@dataclass(frozen=True, kw_only=True)
class _Card:
    """A frame on the sheet."""

    picture: str
    name: str
    """By which it can be asked for."""
    subject: str
    labels: str
    similarity: float | None = None


def contact_sheet(
    store: Store, asked: Asked, listing: Listing, facts: dict[str, str]
) -> str:
    """The sheet as text.

    Args:
        store: Where the hits are from.
        asked: What was searched for.
        listing: What was found.
        facts: How it was searched for: names and values, shown as they are.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("insonify.deploy.search"), PackageLoader("insonify.report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sheet.html").render(
        asked=_asked_card(store, asked, listing.tasks),
        found=list(_found_cards(store, listing)),
        facts=facts,
    )


def asked_name(store: Store, asked: Asked) -> str:
    """What was asked for, in a few words; a picture's file is not named."""
    if asked.position is None:
        return "a picture"
    index = store.frames()
    video = index.video_ids[index.video_N[asked.position]]
    return frame_name(video, float(index.time_s_N[asked.position]))


def _asked_card(store: Store, asked: Asked, tasks: tuple[str, ...]) -> _Card:
    subject, labels = "", ""
    if asked.position is not None:
        index = store.frames()
        subject = index.subjects[index.video_N[asked.position]]
        (found,) = labels_of(store, tasks, [asked.position])
        labels = said(tasks, found)
    return _Card(
        picture=_address(asked.picture_HW),
        name=asked_name(store, asked),
        subject=subject,
        labels=labels,
    )


def _found_cards(store: Store, listing: Listing) -> Iterator[_Card]:
    places = np.array([hit.position for hit in listing.hits], np.int64)
    pictures = store.read_frames(places)
    for number, (hit, picture_HW) in enumerate(
        zip(listing.hits, pictures, strict=True)
    ):
        yield _Card(
            picture=_address(picture_HW),
            name=frame_name(hit.video, hit.time_s),
            subject=hit.subject,
            labels=listing.said(number),
            similarity=hit.similarity,
        )


def frame_name(video: str, time_s: float) -> str:
    """How a frame is written where it is asked for.

    >>> frame_name("v-0036c7d3", 12.3)
    'v-0036c7d3@12.30s'
    """
    return f"{video}@{time_s:.2f}s"


def _address(frame_HW: Frames) -> str:
    image = Image.fromarray(frame_HW)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return jpeg_address(buffer.getvalue())
