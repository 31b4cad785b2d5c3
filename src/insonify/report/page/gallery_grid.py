"""The grid of a gallery: some frames, and what is most alike to each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from insonify.report.page.frame_pictures import jpeg_address
from insonify.report.page.gallery_columns import GalleryColumns

LIKE: Final = 5
"""Neighbours that are shown of a frame."""
_QUERIES: Final = 16
"""Rows of the grid."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A frame in the grid."""

    picture: str
    subject: str
    truth: str
    same: bool
    """Whether it is of the class of the frame that was asked for."""
    similarity: float


def neighbour_grid(
    frames: GalleryColumns,
) -> Iterator[tuple[Neighbour, list[Neighbour]]]:
    """Of each class (or subject) a frame, and what is most alike to it."""
    for row in _queries(frames):
        near = zip(frames.near[row][:LIKE], frames.similar[row], strict=False)
        yield (
            _neighbour(frames, row, row, 1.0),
            [_neighbour(frames, row, other, similar) for other, similar in near],
        )


def _queries(frames: GalleryColumns) -> Iterator[int]:
    """Of each class (or subject) the frame of median likeness to its first."""
    values = frames.truth if frames.classes else frames.subject
    for name in (frames.classes or frames.subjects)[:_QUERIES]:
        mine = [n for n, value in enumerate(values) if value == name]
        mine = [n for n in mine if frames.near[n]]
        if mine:
            yield sorted(mine, key=lambda n: frames.similar[n][0])[len(mine) // 2]


def _neighbour(
    frames: GalleryColumns, row: int, other: int, similarity: float
) -> Neighbour:
    return Neighbour(
        picture=jpeg_address(frames.pictures[other]),
        subject=frames.subject[other],
        truth=frames.truth[other],
        same=frames.truth[other] == frames.truth[row],
        similarity=similarity,
    )
