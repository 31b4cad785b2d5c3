"""Self-supervised representation learning for raw, unlabelled ultrasound video.

The names in ``__all__`` are the public ones; docs/reference/stability.md says what that
means. For research use only; not a medical device.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from insonify.core.errors import (
    CheckpointError,
    ConfigError,
    DivergedError,
    IngestError,
    InsonifyError,
    LeakError,
    ReportError,
    StoreError,
)
from insonify.core.video import Box, Video
from insonify.store import Label, Split, Store, StoreSettings

if TYPE_CHECKING:
    from insonify.clips.loader import FrameReader
    from insonify.core.predictions import Predictions, read_predictions
    from insonify.core.saliency_predictions import SaliencyPredictions, read_saliency
    from insonify.deploy.calls import add_gaze, build_store, pretrain
    from insonify.deploy.classifier import FrameClassifier, FrameFeatures
    from insonify.deploy.comparison import (
        report_markdown,
        transfer_planes,
        transfer_saliency,
    )
    from insonify.deploy.embedding.embed import embed
    from insonify.deploy.embedding.run import EmbedOptions, embed_store
    from insonify.deploy.frame_encoder import FrameEncoder, load_encoder
    from insonify.deploy.head_options import HeadOptions
    from insonify.deploy.heads import Heads
    from insonify.ingest.gaze.options import GazeImportOptions, PlacingOptions
    from insonify.ingest.options import IngestOptions
    from insonify.model.checkpoint import Checkpoint, load_checkpoint
    from insonify.phantom import PhantomOptions, make_phantom
    from insonify.recipes import RECIPES, with_size
    from insonify.report.tables.options import ReportOptions
    from insonify.train.cluster import Cluster
    from insonify.train.options import PretrainOptions
    from insonify.transfer.course import Course, FineTune
    from insonify.transfer.knn import KNN
    from insonify.transfer.linear import LinearProbe
    from insonify.transfer.plane_options import PlanesOptions
    from insonify.transfer.saliency_options import Decoder, SaliencyOptions

__all__ = [
    "KNN",
    "RECIPES",
    "Box",
    "Checkpoint",
    "CheckpointError",
    "Cluster",
    "ConfigError",
    "Course",
    "Decoder",
    "DivergedError",
    "EmbedOptions",
    "FineTune",
    "FrameClassifier",
    "FrameEncoder",
    "FrameFeatures",
    "FrameReader",
    "GazeImportOptions",
    "HeadOptions",
    "Heads",
    "IngestError",
    "IngestOptions",
    "InsonifyError",
    "Label",
    "LeakError",
    "LinearProbe",
    "PhantomOptions",
    "PlacingOptions",
    "PlanesOptions",
    "Predictions",
    "PretrainOptions",
    "ReportError",
    "ReportOptions",
    "SaliencyOptions",
    "SaliencyPredictions",
    "Split",
    "Store",
    "StoreError",
    "StoreSettings",
    "Video",
    "add_gaze",
    "build_store",
    "embed",
    "embed_store",
    "load_checkpoint",
    "load_encoder",
    "make_phantom",
    "pretrain",
    "read_predictions",
    "read_saliency",
    "report_markdown",
    "transfer_planes",
    "transfer_saliency",
    "with_size",
]
__version__ = "0.1.0"
_LAZY: Final = {
    name: f"insonify.{module}"
    for module, names in {
        "clips.loader": "FrameReader",
        "core.predictions": "Predictions read_predictions",
        "core.saliency_predictions": "SaliencyPredictions read_saliency",
        "deploy.calls": "add_gaze build_store pretrain",
        "deploy.classifier": "FrameClassifier FrameFeatures",
        "deploy.comparison": "report_markdown transfer_planes transfer_saliency",
        "deploy.embedding.embed": "embed",
        "deploy.embedding.run": "EmbedOptions embed_store",
        "deploy.frame_encoder": "FrameEncoder load_encoder",
        "deploy.head_options": "HeadOptions",
        "deploy.heads": "Heads",
        "ingest.gaze.options": "GazeImportOptions PlacingOptions",
        "ingest.options": "IngestOptions",
        "model.checkpoint": "Checkpoint load_checkpoint",
        "phantom": "PhantomOptions make_phantom",
        "recipes": "RECIPES with_size",
        "report.tables.options": "ReportOptions",
        "train.cluster": "Cluster",
        "train.options": "PretrainOptions",
        "transfer.course": "Course FineTune",
        "transfer.knn": "KNN",
        "transfer.linear": "LinearProbe",
        "transfer.plane_options": "PlanesOptions",
        "transfer.saliency_options": "Decoder SaliencyOptions",
    }.items()
    for name in names.split()
}
"""Where the names are that need PyTorch, or other things that take time to import."""


def __getattr__(name: str) -> Any:
    # PyTorch takes four seconds and 700 MB, which processes that ingest do not need.
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
