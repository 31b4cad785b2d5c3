"""Which frames are worth learning from, and where a clip must not cross."""

from insonify.ingest.triage.look import Triage, join_figures, triage
from insonify.ingest.triage.options import TriageOptions, thresholds
from insonify.ingest.triage.overlay import paint_over

__all__ = [
    "Triage",
    "TriageOptions",
    "join_figures",
    "paint_over",
    "thresholds",
    "triage",
]
