"""Colours that mean the same to everyone.

Both scales rise evenly in lightness, so they also read in grey.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]
Picture = npt.NDArray[np.uint8]

BACKGROUND: Final[Colour] = (16, 18, 22)
PANEL: Final[Colour] = (28, 31, 37)
GREY: Final[Colour] = (160, 166, 175)
WHITE: Final[Colour] = (240, 242, 245)
NOW: Final[Colour] = (255, 255, 255)
GAZE: Final[Colour] = (86, 180, 233)
"""Sky blue of Okabe and Ito's palette: apart from the heat, which holds no blue hue
where it is opaque, for every kind of colour vision."""
WARNING: Final[Colour] = (230, 159, 0)
"""Orange of the same palette."""


def _scale(stops: list[Colour]) -> Picture:
    places = np.linspace(0, 1, len(stops))
    levels = np.linspace(0, 1, 256)
    channels = [np.interp(levels, places, column) for column in np.array(stops).T]
    return np.asarray(np.stack(channels, -1).round(), np.uint8)


HEAT: Final = _scale([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9)])
"""Three fourths of matplotlib's inferno: its bright end would pass for bone."""
PROBABILITY: Final = _scale(
    [
        (0, 34, 78),
        (35, 62, 108),
        (87, 92, 109),
        (124, 123, 120),
        (165, 155, 115),
        (209, 190, 91),
        (254, 232, 56),
    ]
)
"""Matplotlib's cividis, made to look alike with and without red-green blindness
(Nuñez, Anderton and Renslow, PLOS ONE 2018)."""


def shade(scale: Picture, shares: npt.NDArray[Any]) -> Picture:
    """Colours of shares in [0, 1] on a scale: one more axis, of 3.

    >>> shade(PROBABILITY, np.array([0.0, 1.0])).tolist()
    [[0, 34, 78], [254, 232, 56]]
    """
    places = np.clip(np.asarray(shares) * 255, 0, 255).round().astype(np.uint8)
    colours: Picture = scale[places]
    return colours
