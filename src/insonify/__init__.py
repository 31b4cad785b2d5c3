"""Self-supervised representation learning for raw, unlabelled ultrasound video.

For research use only; not a medical device.
"""

from typing import TYPE_CHECKING, Any

from insonify.core.errors import InsonifyError
from insonify.core.video import Video
from insonify.store import Store

if TYPE_CHECKING:
    from insonify.model.checkpoint import load_encoder

__all__ = ["InsonifyError", "Store", "Video", "load_encoder"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # PyTorch takes four seconds and 700 MB, which processes that ingest do not need.
    if name == "load_encoder":
        from insonify.model.checkpoint import load_encoder  # noqa: PLC0415

        return load_encoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
