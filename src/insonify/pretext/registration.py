"""Transform prediction without learning: registration of the spectra.

Fourier-Mellin: the strengths of spatial frequencies do not depend on translation; in
log-polar coordinates rotation and magnification are shifts, found by phase correlation,
and after undoing both the translation is one as well (Reddy and Chatterji, IEEE Trans.
Image Processing 5(8), 1996). Shear is taken to be none.

Legend: N pairs of views, H rows, W columns, A angles, R radii.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from insonify.pretext.warp import Warp

_ANGLES, _RADII = 180, 128
_NEAREST = 0.06
"""The smallest radius, as a share of the largest; below it there is the window only."""
_WHITENING = 0.5
"""0: plain correlation, 1: phases alone. Of 0, 0.5, 0.8 and 1 the best on random
textures (tests/pretext/test_registration.py holds two of them to their figures)."""


def register(before_NHW: Tensor, after_NHW: Tensor, transform: Warp) -> Tensor:
    """Find the warp between two views of the same frame, without learning.

    Args:
        before_NHW: Views before the warp, float.
        after_NHW: The same after it.
        transform: Whose ranges the parameters are in.

    Returns:
        Parameters as :meth:`Warp.draw` gives them, in [-1, 1]: (N, 5).
    """
    turn_N, zoom_N = _turn_and_zoom(before_NHW, after_NHW, transform)
    right_N, down_N = _shift(before_NHW, after_NHW, turn_N, zoom_N, transform)
    height, width = before_NHW.shape[1:]
    reach = max(transform.translation, 1e-9)
    found = [
        turn_N / max(math.radians(transform.rotation), 1e-9),
        zoom_N / max(math.log(transform.scale), 1e-9),
        down_N / (reach * height),
        right_N / (reach * width),
        torch.zeros_like(turn_N),
    ]
    return torch.stack(found, 1).clamp(-1, 1)


def _turn_and_zoom(
    before_NHW: Tensor, after_NHW: Tensor, transform: Warp
) -> tuple[Tensor, Tensor]:
    """Rotation in radians and logarithm of the magnification."""
    before_NAR, after_NAR = _log_polar(before_NHW), _log_polar(after_NHW)
    angle, radius = math.pi / _ANGLES, -math.log(_NEAREST) / (_RADII - 1)
    most = (
        math.radians(transform.rotation) / angle,
        math.log(transform.scale) / radius,
    )
    turn_N, zoom_N = _peak(before_NAR, after_NAR, most)
    return turn_N * angle, zoom_N * radius


def _shift(
    before_NHW: Tensor,
    after_NHW: Tensor,
    turn_N: Tensor,
    zoom_N: Tensor,
    transform: Warp,
) -> tuple[Tensor, Tensor]:
    """Translation to the right and down, in pixels."""
    height, width = before_NHW.shape[1:]
    cos_N, sin_N = turn_N.cos() * zoom_N.exp(), turn_N.sin() * zoom_N.exp()
    zero_N = torch.zeros_like(cos_N)
    # affine_grid measures in half sides, which differ between the axes.
    aspect = width / height
    rows = [
        torch.stack([cos_N, sin_N / aspect, zero_N], 1),
        torch.stack([-sin_N * aspect, cos_N, zero_N], 1),
    ]
    size = [len(before_NHW), 1, height, width]
    grid = F.affine_grid(torch.stack(rows, 1), size, align_corners=False)
    undone_NHW = F.grid_sample(
        after_NHW[:, None], grid, padding_mode="border", align_corners=False
    )[:, 0]
    most = (transform.translation * height, transform.translation * width)
    down_N, right_N = _peak(_windowed(before_NHW), _windowed(undone_NHW), most)
    return right_N, down_N


def _log_polar(views_NHW: Tensor) -> Tensor:
    """Strengths of the spatial frequencies by angle and log radius: (N, A, R)."""
    side = 2 ** math.ceil(math.log2(max(views_NHW.shape[1:])))
    spectrum = torch.fft.fft2(_windowed(views_NHW), s=(side, side)).abs().log1p()
    spectrum = torch.fft.fftshift(spectrum, dim=(1, 2))
    angle_A1 = torch.arange(_ANGLES, device=views_NHW.device)[:, None] * math.pi
    share_R = torch.linspace(0, 1, _RADII, device=views_NHW.device)
    radius_R = torch.exp((1 - share_R) * math.log(_NEAREST))
    x_AR = (angle_A1 / _ANGLES).cos() * radius_R
    y_AR = (angle_A1 / _ANGLES).sin() * radius_R
    # Frequency 0 is at pixel side / 2; the grid's -1 and 1 are the first and last.
    places = torch.stack([x_AR, y_AR], -1) * (side / 2 - 1) + side / 2
    grid_AR2 = places / (side - 1) * 2 - 1
    grid = grid_AR2.expand(len(views_NHW), -1, -1, -1)
    polar = F.grid_sample(spectrum[:, None], grid, align_corners=True)[:, 0]
    # The fall of strength with frequency is common to all images, and hides the rest.
    deviation, mean = torch.std_mean(polar, 1, keepdim=True)
    return (polar - mean) / deviation


def _windowed(views_NHW: Tensor) -> Tensor:
    """Without their mean, fading out towards the edges."""
    height, width = views_NHW.shape[1:]
    fade = torch.outer(
        torch.hann_window(height, periodic=False, device=views_NHW.device),
        torch.hann_window(width, periodic=False, device=views_NHW.device),
    )
    return (views_NHW - views_NHW.mean((1, 2), keepdim=True)) * fade


def _peak(
    first: Tensor, second: Tensor, most: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """By how much ``second`` is shifted against ``first``, along rows and columns.

    ``second[i, j]`` resembles ``first[i + down, j + right]``; no more than ``most``.
    """
    rows, columns = first.shape[1:]
    cross = torch.fft.fft2(first) * torch.fft.fft2(second).conj()
    strength = cross.abs().clamp_min(1e-12)
    correlation = torch.fft.ifft2(cross / strength**_WHITENING).real
    downs = torch.fft.fftfreq(rows, 1 / rows, device=first.device)
    rights = torch.fft.fftfreq(columns, 1 / columns, device=first.device)
    allowed = torch.outer(downs.abs() <= most[0] + 1, rights.abs() <= most[1] + 1)
    best = correlation.masked_fill(~allowed, -math.inf).flatten(1).argmax(1)
    return downs[best // columns], rights[best % columns]
