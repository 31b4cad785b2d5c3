"""What an export depends on besides the checkpoint."""

from dataclasses import dataclass
from typing import Final, Literal

from insonify.core.errors import ConfigError

Kind = Literal["onnx", "torch", "timm", "huggingface"]
OPSETS: Final = range(18, 25)
"""Operator sets that were tried; 18 is read by ONNX Runtime from 1.14 on."""
BATCH: Final = 64


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What is written, and which frames it is checked on."""

    to: Kind = "onnx"
    """onnx and torch: a graph that takes uint8 frames and holds normalisation and
    heads. timm and huggingface: weights for a network that timm builds."""
    int8: bool = False
    """Also write a model with 8-bit weights and activations, calibrated on training
    subjects of --store, and print what that costs on validation subjects; onnx only."""
    opset: int = OPSETS[0]
    """ONNX operator set, 18 to 24; older runtimes read lower ones only."""
    size: tuple[int, int] | None = None
    """Rows and columns of the frames; None: those of the checkpoint."""
    task: str | None = None
    """Labels that the cost of --int8 is measured on; None: those of the heads, or the
    store's only ones."""
    split: str | None = None
    """Split of the store that says who trains; None: the one that the encoder was
    pretrained on, or the store's only one."""
    fold: int | None = None
    """Fold of the split; None: the one that the encoder was pretrained on, or 0."""
    frames: int = 256
    """Frames of training subjects to check and to calibrate on, evenly spaced."""

    def __post_init__(self) -> None:
        if self.int8 and self.to != "onnx":
            raise ConfigError(f"--int8 is for --to onnx, found --to {self.to}")
        if self.opset not in OPSETS:
            raise ConfigError(
                f"--opset must be from {OPSETS[0]} to {OPSETS[-1]}, found {self.opset}"
            )
        if self.frames < 1 or (self.size and min(self.size) < 1):
            raise ConfigError("--frames and --size must be at least 1")
