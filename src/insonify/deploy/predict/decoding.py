"""Decodes a file as prediction will, and keeps nothing: work for another process.

What this imports, that process does: no torch.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

from insonify.core.errors import IngestError
from insonify.deploy.scan import file_scan
from insonify.ingest.clean import CleanOptions


@dataclass(frozen=True)
class Job:
    """A file to decode; None: there is nothing to decode."""

    path: Path | None
    options: CleanOptions


def decode(job: Job) -> str | None:
    """Decode all images of a file; why it is refused, if it is."""
    if job.path is None:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            _decode(job.path, job.options)
    except IngestError as error:
        return str(error)
    return None


def _decode(path: Path, options: CleanOptions) -> None:
    number = views = 1
    while number <= views:
        scan = file_scan(path, options, view=number)
        views = scan.views
        for _ in scan.pieces():
            pass
        number += 1
