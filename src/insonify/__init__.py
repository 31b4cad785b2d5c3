"""Self-supervised representation learning for raw, unlabelled ultrasound video.

For research use only; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from insonify.core.errors import InsonifyError
from insonify.core.video import Video
from insonify.store import Store

if TYPE_CHECKING:
    from insonify.deploy.embedding.embed import embed
    from insonify.model.checkpoint import load_checkpoint, load_encoder

__all__ = [
    "InsonifyError",
    "Store",
    "Video",
    "embed",
    "load_checkpoint",
    "load_encoder",
]
__version__ = "0.1.0"
_LAZY: Final = {
    "embed": "insonify.deploy.embedding.embed",
    "load_checkpoint": "insonify.model.checkpoint",
    "load_encoder": "insonify.model.checkpoint",
}
"""Where the names are that need PyTorch."""


def __getattr__(name: str) -> Any:
    # PyTorch takes four seconds and 700 MB, which processes that ingest do not need.
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
