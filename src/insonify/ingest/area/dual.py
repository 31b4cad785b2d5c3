"""Split screens: two images, or more, side by side in one picture.

Legend: H rows, W columns.
"""

from typing import Final

import numpy as np

from insonify.core.video import Box
from insonify.ingest.area.moving import Moving, Spread, find_moving
from insonify.ingest.area.shapes import bounds
from insonify.ingest.recording import Region

_ALIKE: Final = 0.8
"""Share of the larger one's height that the smaller has, and that they have in common;
of moving views, also of the width."""
_LEAST_GAP_PX: Final = 4
_IDLE: Final = 0.02
"""Share of a column that may move between two views, such as a digit."""


def views_of(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """The first region and those beside it that look like it, from left to right.

    Args:
        regions: As a recording has them; only exact ones can be views. A colour box
            within the image is not beside it.
    """
    views: list[Region] = []
    for region in regions:
        if region.exact and all(_side_by_side(region.box, v.box) for v in views):
            views.append(region)
    return tuple(sorted(views, key=lambda view: view.box.left))


def moving_views(spread: Spread, limit: Box) -> tuple[Moving, Moving] | None:
    """Two images of the same size, with columns between them in which nothing moves.

    Shadows part an image too. So each half must have the outline of a whole one, which
    is symmetric.

    Args:
        spread: Of the recording.
        limit: Where to look.

    Returns:
        Left and right image; None if it is one.
    """
    middle = _gap(spread, limit)
    if middle is None:
        return None
    left = find_moving(spread, limit._replace(right=middle))
    if left is None or left.outlined_HW is None:
        return None
    right = find_moving(spread, limit._replace(left=middle))
    if right is None or right.outlined_HW is None:
        return None
    one, other = bounds(left.outlined_HW), bounds(right.outlined_HW)
    widths = sorted((one.width, other.width))
    alike = _side_by_side(one, other) and widths[0] >= _ALIKE * widths[1]
    return (left, right) if alike else None


def _gap(spread: Spread, limit: Box) -> int | None:
    """The middle of the widest run of idle columns between busy ones."""
    counts_W = spread.moves(limit).sum(0)
    busy = np.flatnonzero(counts_W > _IDLE * limit.height)
    if len(busy) < 2:
        return None
    steps = np.diff(busy)
    widest = int(steps.argmax())
    if steps[widest] <= _LEAST_GAP_PX:
        return None
    return int(busy[widest] + busy[widest + 1] + 1) // 2


def _side_by_side(one: Box, other: Box) -> bool:
    """Whether boxes of about the same height and place share no column."""
    apart = one.right <= other.left or other.right <= one.left
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return apart and common >= _ALIKE * max(one.height, other.height)
