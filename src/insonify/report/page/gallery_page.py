"""What a page shows of a gallery: the map of its frames, and what is most alike.

Legend: N frames.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

from insonify.core.gallery import Gallery
from insonify.report.page.charts import COLOURS
from insonify.report.page.gallery_charts import neighbour_charts
from insonify.report.page.gallery_columns import GalleryColumns
from insonify.report.page.gallery_grid import LIKE, neighbour_grid
from insonify.report.page.page import percent, script, scripted

_PICTURES: Final = 6_000_000
"""Bytes of pictures that one map may hold; with Plotly's five million and the room that
base64 takes a page stays below 15 MB."""
_SYMBOLS: Final = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "cross": "✚",
    "x": "✖",
    "star": "★",
}
"""Plotly's names of marks, and how they look: groups are not told apart by colour
alone."""


def gallery_shown(gallery: Gallery) -> dict[str, Any]:
    """What the template ``gallery.html`` is given of a gallery."""
    frames = GalleryColumns(gallery)
    return {
        "gallery": gallery,
        "said": gallery_said(gallery),
        "about": list(_about(gallery, frames)),
        "modes": ["class", "subject"] if gallery.classes else ["subject"],
        "data": script(_map_data(frames)),
        "shape": f"{gallery.size[1]} / {gallery.size[0]}",
        "grid": list(neighbour_grid(frames)),
        "charts": scripted(list(neighbour_charts(frames))),
    }


def gallery_said(gallery: Gallery) -> str:
    """One sentence on how well like lies beside like."""
    found = gallery.facts.get("agreement")
    count = len(gallery.rows)
    if not found:
        return f"{gallery.arm}: {count} frames by how alike it finds them."
    share, low, high, chance = (
        percent(found[name]) for name in ("value", "low", "high", "chance")
    )
    return (
        f"{gallery.arm}: of {count} frames {share} (95 % interval {low} to {high}) "
        "have as the most alike frame of another subject one of their own class; by "
        f"chance {chance}."
    )


def _map_data(frames: GalleryColumns) -> dict[str, Any]:
    """Everything that the map's script needs."""
    return {
        "x": [round(value, 4) for value in frames.x],
        "y": [round(value, 4) for value in frames.y],
        "groups": {
            "class": _codes(frames.truth, frames.classes),
            "subject": _codes(frames.subject, frames.subjects),
        },
        "names": {"class": list(frames.classes), "subject": frames.subjects},
        "near": [each[:LIKE] for each in frames.near],
        "cosines": [[round(c, 3) for c in each[:LIKE]] for each in frames.similar],
        "pictures": _kept(frames.pictures),
        "colours": COLOURS,
        "symbols": list(_SYMBOLS.items()),
    }


def _kept(pictures: Sequence[bytes]) -> list[str]:
    """The pictures; of too many only every so-manieth, the others are empty."""
    every = -(-sum(map(len, pictures)) // _PICTURES)
    return [
        "" if place % every else base64.b64encode(picture).decode()
        for place, picture in enumerate(pictures)
    ]


def _about(gallery: Gallery, frames: GalleryColumns) -> Iterator[str]:
    facts = gallery.facts
    yield (
        f"{facts.get('taken', len(gallery.rows))} of {facts.get('available', '?')} "
        f"frames of {len(frames.subjects)} {facts.get('role', '')} subjects (split "
        f"{facts.get('split')}, fold {facts.get('fold')}), whom this network never "
        "learnt from."
    )
    yield (
        f"{facts.get('method')} (perplexity {facts.get('perplexity'):g}, seed "
        f"{facts.get('seed')}) puts frames beside each other that the network finds "
        "alike. Who lies beside whom means something; how far groups are apart, and "
        "their size, do not."
    )


def _codes(values: Sequence[str], names: Sequence[str]) -> list[int]:
    place = {name: number for number, name in enumerate(names)}
    return [place.get(value, 0) for value in values]
