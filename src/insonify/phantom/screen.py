"""The scanner's screen: the image, and the interface round it.

Names, numbers and dates on it are made up. Legend: H rows and W columns of the image,
Y rows and X columns of the screen.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from insonify.core.video import Box, Frames
from insonify.phantom.acoustics import Device

_TOP, _LEFT, _RIGHT, _BOTTOM = 34, 34, 70, 14
_GREY, _WHITE, _AMBER = (150, 150, 150), (225, 225, 225), (230, 180, 60)
_BAR = (38, 42, 50)


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What a scanner shows round its image.

    Attributes:
        device: Gives size, depth and settings.
        maker: Fictitious maker.
        probe: Fictitious probe.
        subject: Fictitious patient identifier, burned into the picture.
        clock_s: Time of day of the first frame, in seconds.
    """

    device: Device
    maker: str
    probe: str
    subject: str
    clock_s: int

    @property
    def box(self) -> Box:
        """Where the ultrasound image is."""
        height, width = self.device.fan.size
        return Box(_TOP, _LEFT, _TOP + height, _LEFT + width)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the whole screen, both even."""
        return self.box.bottom + _BOTTOM, self.box.right + _RIGHT

    def compose(self, image_HW: Frames, time_s: float, frozen: bool = False) -> Frames:
        """Put an image on the screen: RGB, shape (Y, X, 3)."""
        screen_YX3 = _interface(self, int(time_s), frozen).copy()
        top, left, bottom, right = self.box
        screen_YX3[top:bottom, left:right] = image_HW[:, :, None]
        return screen_YX3

    @cached_property
    def still(self) -> Image.Image:
        """The interface without the clock."""
        rows, columns = self.size
        canvas = Image.new("RGB", (columns, rows))
        draw = ImageDraw.Draw(canvas)
        draw.rectangle((0, 0, columns, _TOP - 4), fill=_BAR)
        fan = self.device.fan
        rate = f"{fan.depth_mm / 10:.1f}cm / {round(770 / fan.depth_mm * 5)}Hz"
        draw.text((6, 4), self.maker, _WHITE, _font(11))
        draw.text((6, 18), self.subject, _GREY, _font(9))
        draw.text(
            (columns // 2, 4), f"{self.probe}/OB  MI 0.9", _WHITE, _font(10), "ma"
        )
        draw.text((columns // 2, 18), f"{rate}  TIs 0.1", _GREY, _font(10), "ma")
        draw.text((columns - 6, 4), "01.01.2020", _WHITE, _font(10), "ra")
        self._draw_settings(draw)
        self._draw_scales(draw)
        return canvas

    def _draw_settings(self, draw: ImageDraw.ImageDraw) -> None:
        device = self.device
        lines = (
            "2+3 Trim.",
            f"Gn {device.gain_dB:+.0f}",
            f"DR {device.dynamic_range_dB:.0f}",
            f"Frq {device.frequency_mhz:.1f}",
            "Pwr 96 %",
        )
        for number, line in enumerate(lines):
            place = (self.size[1] - 6, self.box.top + 6 + 12 * number)
            draw.text(place, line, _GREY, _font(9), anchor="ra")

    def _draw_scales(self, draw: ImageDraw.ImageDraw) -> None:
        """The grey wedge, and a tick at every centimetre of depth."""
        fan, box = self.device.fan, self.box
        wedge = np.tile(np.linspace(255, 0, 80).astype(np.uint8)[:, None], (1, 7))
        draw.bitmap((8, box.top + 8), Image.fromarray(wedge), _WHITE)
        for centimetre in range(int(fan.depth_mm / 10) + 1):
            row = box.top + round((10 * centimetre - fan.top_mm) / fan.mm_per_px)
            long = 5 if centimetre % 5 == 0 else 2
            draw.line((box.left - 4 - long, row, box.left - 4, row), fill=_GREY)


@lru_cache(maxsize=4)
def _interface(screen: Screen, second: int, frozen: bool) -> Frames:
    """The interface at a second, drawn once for all of its frames."""
    canvas = screen.still.copy()
    draw = ImageDraw.Draw(canvas)
    now = screen.clock_s + second
    clock = f"{now // 3600:02d}:{now // 60 % 60:02d}:{now % 60:02d}"
    right = screen.size[1] - 6
    draw.text((right, 18), clock, _WHITE, _font(10), anchor="ra")
    if frozen:
        draw.text((right, screen.box.bottom - 14), "FRZ", _AMBER, _font(11), "ra")
    return np.asarray(canvas)


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
