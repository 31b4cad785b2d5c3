"""How a scan is drawn, and where everything stands on the picture.

Legend: H rows, W columns.
"""

from dataclasses import dataclass
from typing import Final

from insonify.core.errors import ConfigError
from insonify.core.video import Box

MARGIN: Final = 12
NAMES: Final = 168
"""Columns for the names of the classes."""
_PANEL: Final = 228
"""Columns for words and scales beside the frame."""
_LEAST_TOP: Final = 336
"""Rows that the panel needs."""
_LABELS: Final = 24
_AXIS: Final = 20
_BAR: Final = 8
_FOOTER: Final = 44
_ROWS: Final = 300
"""Rows for all classes together, if each can have 13 to 22 of them."""
MOST_CLASSES: Final = 24


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a scan is drawn."""

    width: int = 960
    """Columns of the picture, even, at least 640; its rows follow from the scan."""
    opacity: float = 0.6
    """Opacity of the heat map at its peak, 0 to 1; where it is nought one sees through,
    whatever this is. 0 draws no heat map."""
    strip_s: float = 8.0
    """Seconds that the strip shows, half of them yet to come."""

    def __post_init__(self) -> None:
        if self.width < 640 or self.width % 2:
            raise ConfigError(
                f"width must be even and at least 640 pixels, found {self.width}"
            )
        if not 0 <= self.opacity <= 1:
            raise ConfigError(f"opacity must be from 0 to 1, found {self.opacity}")
        if self.strip_s <= 0:
            raise ConfigError(f"strip-s must be positive, found {self.strip_s}")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where everything stands on the picture; absent parts have no height."""

    shape_HW: tuple[int, int]
    """Rows and columns of the picture, both even."""
    frame: Box
    panel: Box
    labels: Box
    """The store's own labels, scrolling."""
    strip: Box
    """The probabilities, scrolling; a whole number of rows a class."""
    axis: Box
    bar: Box
    """The part of the scan that is over."""
    footer: Box

    @classmethod
    def of(
        cls, look: Look, frame_HW: tuple[int, int], classes: int, *, labels: bool
    ) -> "Layout":
        """Place everything.

        Args:
            look: How wide the picture is.
            frame_HW: Rows and columns of the scan's frames.
            classes: Rows of the strip; 0 for no strip.
            labels: Whether the store's own labels are shown.
        """
        right = look.width - MARGIN
        room = look.width - _PANEL - 3 * MARGIN
        height, width = frame_HW
        scale = min(room / width, 0.55 * look.width / height)
        rows, columns = round(height * scale), round(width * scale)
        end = MARGIN + max(rows, _LEAST_TOP)
        top = MARGIN + (end - MARGIN - rows) // 2
        left = MARGIN + (room - columns) // 2
        parts = _stacked(
            end + MARGIN,
            MARGIN + NAMES,
            right,
            labels=_LABELS if labels else 0,
            strip=classes * min(max(_ROWS // max(classes, 1), 13), 22),
            axis=_AXIS if classes or labels else 0,
        )
        below = parts["axis"].bottom
        bar = Box(below + 2, MARGIN, below + 2 + _BAR, right)
        footer = Box(bar.bottom + 6, MARGIN, bar.bottom + 6 + _FOOTER, right)
        return cls(
            shape_HW=(footer.bottom + footer.bottom % 2, look.width),
            frame=Box(top, left, top + rows, left + columns),
            panel=Box(MARGIN, right - _PANEL, end, right),
            **parts,
            bar=bar,
            footer=footer,
        )


def _stacked(top: int, left: int, right: int, **heights: int) -> dict[str, Box]:
    found = {}
    for name, height in heights.items():
        found[name] = Box(top, left, top + height, right)
        top += height + (4 if height else 0)
    return found
