"""When the pictures of one image file were taken: animations, ImageJ, OME-TIFF."""

import math
import re
from itertools import accumulate
from typing import Any, Final
from xml.etree import ElementTree

from PIL import ImageSequence

from insonify.ingest.formats.frame_clock import Clock, stamped, steady

_SECONDS: Final = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "µs": 1e-6}
_MOST_XML: Final = 64 * 2**20


def image_clock(image: Any) -> Clock | None:
    """Times of the pictures in a file that Pillow has opened, None without any.

    Raises:
        IngestError: they do not increase.
    """
    if image.format == "TIFF":
        text = str(image.tag_v2.get(270) or "")  # ImageDescription
        return _imagej(text, image.n_frames) or _ome(text, image.n_frames)
    shown_ms = []
    for picture in ImageSequence.Iterator(image):
        picture.load()  # WebP tells no duration before.
        shown_ms.append(float(picture.info.get("duration") or 0))
    if min(shown_ms[:-1]) <= 0:
        return None
    return stamped([0.0, *accumulate(shown_ms[:-1])], 1e-3)


def _imagej(text: str, count: int) -> Clock | None:
    """The frame interval of ImageJ's calibration; its ``fps`` is that of playing."""
    if not text.startswith("ImageJ="):
        return None
    fields = dict(re.findall(r"^(\w+)=(.*?)\s*$", text, re.MULTILINE))
    unit = _SECONDS.get(fields.get("tunit", "s"))
    if fields.get("frames") != str(count) or unit is None:
        return None
    return steady(count, _number(fields.get("finterval")) * unit)


def _ome(text: str, count: int) -> Clock | None:
    """Times of planes, or the increment, of OME's metadata."""
    if (
        "<OME" not in text[:4096]
        or "<!" in text.replace("<!--", "")
        or len(text) > _MOST_XML
    ):
        return None
    try:
        pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
    except ElementTree.ParseError:
        return None
    if pixels is None or pixels.get("SizeT") != str(count):
        return None
    stamps = {
        plane.get("TheT"): _number(plane.get("DeltaT"))
        * _SECONDS.get(plane.get("DeltaTUnit", "s"), math.nan)
        for plane in pixels.iterfind("{*}Plane")
    }
    ordered = [stamps.get(str(number), math.nan) for number in range(count)]
    if not any(map(math.isnan, ordered)):
        return stamped(ordered)
    unit = _SECONDS.get(pixels.get("TimeIncrementUnit", "s"), math.nan)
    return steady(count, _number(pixels.get("TimeIncrement")) * unit)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
