"""Maps as small pictures that stand inside a page.

Legend: H rows and W columns of a map.
"""

import base64
import io

import numpy as np
from PIL import Image

from insonify.core.saliency import Floats

_STOPS = np.array(
    [(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)]
)
"""Every fourth part of matplotlib's inferno, whose lightness rises evenly."""


def picture(map_HW: Floats) -> str:
    """A map as the address of a PNG; its largest value is the brightest."""
    level_HW = map_HW / max(float(map_HW.max()), 1e-12)
    places = np.linspace(0, 1, len(_STOPS))
    rgb = [np.interp(level_HW, places, _STOPS[:, channel]) for channel in range(3)]
    file = io.BytesIO()
    Image.fromarray(np.stack(rgb, -1).astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
