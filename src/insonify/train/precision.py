"""Which arithmetic this machine does fast."""

from typing import Literal

import torch

Precision = Literal["auto", "bf16-mixed", "32-true"]


def precision_of(wanted: Precision) -> Literal["bf16-mixed", "32-true"]:
    """The arithmetic to use; ``auto`` is bf16 where there are instructions for it."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported()
    else:
        fast = torch.cpu._is_avx512_bf16_supported()
    return "bf16-mixed" if fast else "32-true"
