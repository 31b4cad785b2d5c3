"""The formats of gaze that can be read, and which files of a folder are of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple

from insonify.ingest.gaze.bids import read_bids
from insonify.ingest.gaze.eyelink import read_eyelink
from insonify.ingest.gaze.gazepoint import read_gazepoint
from insonify.ingest.gaze.neutral import read_neutral
from insonify.ingest.gaze.samples import GazeSamples
from insonify.ingest.gaze.tobii import read_tobii

GazeFormat = Literal["neutral", "bids", "tobii", "eyelink", "gazepoint"]


class Reader(NamedTuple):
    """How a format is read."""

    ending: str
    """What the names of its files end in."""
    read: Callable[[Path], list[GazeSamples]]
    """Reads a file; raises IngestError with the line where it is wrong."""


READERS: Final[dict[GazeFormat, Reader]] = {
    "neutral": Reader(".csv", read_neutral),
    "bids": Reader("_physio.tsv.gz", read_bids),
    "tobii": Reader(".tsv", read_tobii),
    "eyelink": Reader(".asc", read_eyelink),
    "gazepoint": Reader(".csv", read_gazepoint),
}
