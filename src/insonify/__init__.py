"""Self-supervised representation learning for raw, unlabelled ultrasound video.

For research use only; not a medical device.
"""

from insonify.core.errors import InsonifyError
from insonify.core.video import Video
from insonify.model.checkpoint import load_encoder
from insonify.store import Store

__all__ = ["InsonifyError", "Store", "Video", "load_encoder"]
__version__ = "0.1.0"
