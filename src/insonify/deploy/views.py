"""Frames from anywhere, as an encoder sees them: checked, and resampled where need be.

Legend: B frames, H rows and W columns of frames, h rows and w columns of views, S and N
pixels of a side before and after resampling.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from insonify.clips.loader import Window, cut, largest_window
from insonify.core.errors import ConfigError
from insonify.core.video import Box

Array: TypeAlias = npt.NDArray[Any] | Tensor
FrameLike: TypeAlias = Array | Sequence[Array]
"""Grey frames: uint8 from 0 to 255, or floats from 0 to 1; (H, W), (B, H, W) or
(B, 1, H, W), or a sequence of frames that may differ in size."""

_ROUNDING: Final = 1e-3
"""How far grey levels in [0, 1] may lie outside by rounding."""


def as_views(
    frames: FrameLike, size_hw: tuple[int, int], rectangle: Box | None = None
) -> Tensor:
    """What an encoder sees of frames: the largest central window, resampled.

    The window has the aspect ratio of ``size_hw``. uint8 is resampled as for transfer
    (Pillow's antialiased bilinear filter), floats by the same filter without rounding,
    so that gradients pass. Frames that have the size already stay as they are.

    Args:
        frames: See :data:`FrameLike`.
        size_hw: Rows and columns of the views.
        rectangle: The largest rectangle inside the image area of all frames; None: all
            of each frame.

    Returns:
        (B, h, w), uint8 or float32 as the frames were, on their device.

    Raises:
        ConfigError: they are no such frames, or the rectangle is not within them.
    """
    if is_list(frames):
        parts = [as_views(frame, size_hw, rectangle) for frame in frames]
        if not parts:
            return torch.empty((0, *size_hw), dtype=torch.uint8)
        if len({part.dtype for part in parts}) > 1:
            raise ConfigError("frames must all be uint8 or all be floats, found both")
        if counts := {len(part) for part in parts} - {1}:
            raise ConfigError(
                "a sequence holds single frames, (H, W), found one item of "
                f"{counts.pop()} frames; concatenate them to (B, H, W)"
            )
        return torch.cat(parts)
    frames_BHW = _grey(frames)
    shape_HW = (frames_BHW.shape[1], frames_BHW.shape[2])
    area = rectangle or Box(0, 0, *shape_HW)
    if not area.within(shape_HW):
        raise ConfigError(
            f"{area} is not within frames of {shape_HW}; name rows and columns of the "
            "frames themselves"
        )
    window = largest_window(area, size_hw)
    if shape_HW == tuple(size_hw) and window == (0, 0, shape_HW[1], shape_HW[0]):
        return frames_BHW
    if not len(frames_BHW):
        return frames_BHW.new_empty((0, *size_hw))
    if frames_BHW.dtype == torch.uint8:
        views = [cut(each, window, size_hw) for each in frames_BHW.cpu().numpy()]
        return torch.from_numpy(np.stack(views)).to(frames_BHW.device)
    return _resampled(frames_BHW, window, size_hw)


def is_list(frames: Any) -> bool:
    """Whether frames come one by one: in a sequence, or in an array of objects."""
    if isinstance(frames, Sequence):
        return not isinstance(frames, str | bytes)
    return isinstance(frames, np.ndarray) and frames.dtype == object


def _grey(frames: Any) -> Tensor:
    """Frames of one size as a plain tensor (B, H, W), uint8 or float32, checked."""
    if isinstance(frames, np.ndarray) and frames.dtype.kind in "uf":
        narrow = frames.dtype if frames.dtype == np.uint8 else np.float32
        if frames.dtype.kind == "f" or frames.dtype == np.uint8:
            frames = torch.from_numpy(np.array(frames, narrow))
    known = isinstance(frames, Tensor)
    if not known or not (frames.dtype == torch.uint8 or frames.is_floating_point()):
        raise ConfigError(
            "frames must be NumPy arrays or tensors, uint8 (0 to 255) or floats (0 to "
            f"1), found {_kind(frames)}; scale other grey levels to these"
        )
    given: Tensor = frames.as_subclass(Tensor)  # Of a library's own kind, as MONAI's.
    shape = tuple(given.shape)
    if given.ndim == 4 and shape[1] == 1:
        given = given[:, 0]
    if given.ndim == 2:
        given = given[None]
    if given.ndim != 3 or 0 in given.shape[1:]:
        raise ConfigError(
            "frames must have shape (H, W), (B, H, W) or (B, 1, H, W), found "
            f"{shape}; make colour grey first"
        )
    if given.dtype == torch.uint8:
        return given
    given = given.float()
    _require_unit(given)
    return given


def _require_unit(frames_BHW: Tensor) -> None:
    """Refuse floats that are no grey levels in [0, 1]."""
    if torch.compiler.is_compiling() or not frames_BHW.numel():
        return
    low, high = (bound.item() for bound in frames_BHW.detach().aminmax())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):  # True of NaN too.
        raise ConfigError(
            f"grey levels that are floats must lie in 0 to 1, found {low:g} to "
            f"{high:g}; give uint8, or divide by 255; the encoder normalises by itself"
        )


def _resampled(frames_BHW: Tensor, window: Window, size_hw: tuple[int, int]) -> Tensor:
    """A window of frames at another size, by two matrices."""
    height, width = frames_BHW.shape[1:]
    down_hH = _filter(height, window.top, window.bottom, size_hw[0])
    along_wW = _filter(width, window.left, window.right, size_hw[1])
    down_hH, along_wW = down_hH.to(frames_BHW), along_wW.to(frames_BHW)
    return down_hH @ (frames_BHW @ along_wW.T)


def _filter(pixels: int, first: float, end: float, wanted: int) -> Tensor:
    """Weights (N, S) of the antialiased bilinear filter that Pillow has.

    A triangle around the middle of each new pixel, as wide as two old or, where it is
    made smaller, two new pixels.
    """
    scale = (end - first) / wanted
    middles_N1 = (
        first + (torch.arange(wanted, dtype=torch.float64)[:, None] + 0.5) * scale
    )
    places_S = torch.arange(pixels, dtype=torch.float64) + 0.5
    weights_NS = (1 - (places_S - middles_N1).abs() / max(scale, 1.0)).clamp_min(0)
    return weights_NS / weights_NS.sum(1, keepdim=True)


def _kind(frames: Any) -> str:
    dtype = getattr(frames, "dtype", None)
    return f"{type(frames).__name__}" + (f" of {dtype}" if dtype is not None else "")
