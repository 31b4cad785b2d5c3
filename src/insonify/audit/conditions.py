"""Clips shown without anatomy, or without a cue: what is left of the skill says why.

"Kept" conditions take a cue away and keep the anatomy: a network that understands
anatomy answers as before. "Empty" conditions keep a cue and destroy the anatomy: it
should know nothing. See "Shortcuts" in the method notes (docs/log.md names the paper).

Legend: B batch, T frames, V views, N images, H rows, W columns.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor

from insonify.core.audit_rows import Condition, Meaning

Change = Callable[[Tensor, Generator], Tensor]
"""Images (B, V, H, W) in [0, 1] and a source of chance to images of the same shape."""

_ROWS, _COLUMNS = 4, 5
_BORDER: Final = 0.12
_NEAR: Final = 0.25
_BLUR: Final = 2
_QUALITY: Final = 30


def patch_shuffled(images_BVHW: Tensor, generator: Generator) -> Tensor:
    """Patches of a grid of 4 by 5 at other places, drawn anew for every image."""
    images_NHW, shape = _flat(images_BVHW)
    height, width = (shape[-2] // _ROWS) * _ROWS, (shape[-1] // _COLUMNS) * _COLUMNS
    sides = (height // _ROWS, width // _COLUMNS)
    inner_NHW = images_NHW[:, :height, :width]
    patches = F.unfold(inner_NHW[:, None], sides, stride=sides)
    places = torch.rand(len(images_NHW), _ROWS * _COLUMNS, generator=generator)
    index = places.argsort(1).to(patches.device)[:, None].expand_as(patches)
    mixed = F.fold(patches.gather(2, index), (height, width), sides, stride=sides)
    found_NHW = images_NHW.clone()
    found_NHW[:, :height, :width] = mixed[:, 0]
    return found_NHW.reshape(shape)


def phase_scrambled(images_BVHW: Tensor, generator: Generator) -> Tensor:
    """The amplitudes of every spatial frequency, with the phases of noise."""
    images_NHW, shape = _flat(images_BVHW)
    noise_NHW = torch.rand(images_NHW.shape, generator=generator).to(images_NHW.device)
    amplitude = torch.fft.rfft2(images_NHW).abs()
    noise = torch.fft.rfft2(noise_NHW)  # Its mean is positive: brightness stays.
    phase = noise / noise.abs().clamp_min(1e-9)
    scrambled_NHW: Tensor = torch.fft.irfft2(amplitude * phase, s=shape[-2:])
    return scrambled_NHW.clamp(0, 1).reshape(shape)


def border_only(images_BVHW: Tensor, _: Generator) -> Tensor:
    """The outer eighth of each side; inside, the border's mean grey."""
    inside_HW = _inside(images_BVHW)
    grey_BV11 = images_BVHW[..., ~inside_HW].mean(-1)[..., None, None]
    return torch.where(inside_HW, grey_BV11, images_BVHW)


def speckle_only(images_BVHW: Tensor, _: Generator) -> Tensor:
    """Fine texture at one strength everywhere: local mean and deviation taken out."""
    mean = _blurred(images_BVHW)
    rest = images_BVHW - mean
    deviation = _blurred(rest.square()).clamp_min(1e-6).sqrt()
    grey = images_BVHW.mean((-2, -1), keepdim=True)
    strength = rest.square().mean((-2, -1), keepdim=True).sqrt()
    return (grey + strength * rest / deviation).clamp(0, 1)


def levels_only(images_BVHW: Tensor, generator: Generator) -> Tensor:
    """The grey levels of each image at places of chance: brightness and contrast."""
    images_NHW, shape = _flat(images_BVHW)
    flat_NP = images_NHW.flatten(1)
    order_NP = torch.rand(flat_NP.shape, generator=generator).argsort(1)
    return flat_NP.gather(1, order_NP.to(flat_NP.device)).reshape(shape)


def still(clips_BTHW: Tensor, _: Generator) -> Tensor:
    """The first frame of a clip in place of all: nothing moves."""
    return clips_BTHW[:, :1].expand_as(clips_BTHW).contiguous()


def near_field_masked(images_BVHW: Tensor, _: Generator) -> Tensor:
    """The quarter next to the probe in the mean grey of the rest."""
    down = round(images_BVHW.shape[-2] * _NEAR)
    masked = images_BVHW.clone()
    masked[..., :down, :] = images_BVHW[..., down:, :].mean((-2, -1), keepdim=True)
    return masked


def border_masked(images_BVHW: Tensor, _: Generator) -> Tensor:
    """The outer eighth of each side in the mean grey of the inside."""
    inside_HW = _inside(images_BVHW)
    grey_BV11 = images_BVHW[..., inside_HW].mean(-1)[..., None, None]
    return torch.where(inside_HW, images_BVHW, grey_BV11)


def levelled(images_BVHW: Tensor, _: Generator) -> Tensor:
    """All images of a clip at its mean brightness and contrast."""
    grey, spread = _moments(images_BVHW, (-2, -1))
    wanted_grey, wanted_spread = _moments(images_BVHW, (1, 2, 3))
    found = (images_BVHW - grey) / spread.clamp_min(1e-6) * wanted_spread + wanted_grey
    return found.clamp(0, 1)


def coded_anew(images_BVHW: Tensor, _: Generator) -> Tensor:
    """Each image as a JPEG of quality 30 of its own: no trace of groups of frames."""
    images_NHW, shape = _flat(images_BVHW)
    levels = (images_NHW * 255).round().byte().cpu().numpy()
    coded = np.stack([_jpeg(image_HW) for image_HW in levels])
    return torch.from_numpy(coded).to(images_BVHW).div(255).reshape(shape)


def _flat(images_BVHW: Tensor) -> tuple[Tensor, torch.Size]:
    return images_BVHW.flatten(0, 1), images_BVHW.shape


def _inside(images_BVHW: Tensor) -> Tensor:
    """Where no border is: bool (H, W)."""
    height, width = images_BVHW.shape[-2:]
    down, right = max(1, round(height * _BORDER)), max(1, round(width * _BORDER))
    inside_HW = torch.zeros(height, width, dtype=torch.bool, device=images_BVHW.device)
    inside_HW[down : height - down, right : width - right] = True
    return inside_HW


def _blurred(images_BVHW: Tensor) -> Tensor:
    """Means over squares around each pixel; at the edge over what there is."""
    return F.avg_pool2d(images_BVHW, 2 * _BLUR + 1, 1, _BLUR, count_include_pad=False)


def _moments(images_BVHW: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    spread, grey = torch.std_mean(images_BVHW, axes, keepdim=True)
    return grey, spread


def _jpeg(image_HW: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    with io.BytesIO() as coded:
        Image.fromarray(image_HW).save(coded, "jpeg", quality=_QUALITY)
        coded.seek(0)
        return np.asarray(Image.open(coded))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A condition and how it is brought about."""

    name: str
    meaning: Meaning
    says: str
    clips: Change | None = None
    """Done to clips before the task changes them."""
    views: Change | None = None
    """Done to what the network would see."""
    of_time: bool = False
    """Whether it says something of questions about time alone."""

    @property
    def condition(self) -> Condition:
        return Condition(name=self.name, meaning=self.meaning, says=self.says)


SHOWN: Final = (
    Shown(name="real", meaning="real", says="as the network was taught"),
    Shown(
        name="patches shuffled",
        meaning="empty",
        says="twenty patches at other places, in every image anew",
        views=patch_shuffled,
    ),
    Shown(
        name="phases scrambled",
        meaning="empty",
        says="the strengths of all spatial frequencies, with the phases of noise",
        views=phase_scrambled,
    ),
    Shown(
        name="border alone",
        meaning="empty",
        says="the outer eighth of each side, grey inside",
        views=border_only,
    ),
    Shown(
        name="speckle alone",
        meaning="empty",
        says="fine texture, equally strong everywhere",
        views=speckle_only,
    ),
    Shown(
        name="grey levels alone",
        meaning="empty",
        says="every pixel at another place: brightness and contrast",
        views=levels_only,
    ),
    Shown(
        name="still",
        meaning="empty",
        says="the first frame in place of all: nothing moves",
        clips=still,
        of_time=True,
    ),
    Shown(
        name="near field masked",
        meaning="kept",
        says="without the quarter next to the probe",
        views=near_field_masked,
    ),
    Shown(
        name="border masked",
        meaning="kept",
        says="without the outer eighth of each side",
        views=border_masked,
    ),
    Shown(
        name="brightness levelled",
        meaning="kept",
        says="all images of a clip equally bright and rich in contrast",
        views=levelled,
    ),
    Shown(
        name="coded anew",
        meaning="kept",
        says="each image a JPEG of its own, so that no codec tells frames apart",
        views=coded_anew,
    ),
)
"""Every condition; the real clips first."""
