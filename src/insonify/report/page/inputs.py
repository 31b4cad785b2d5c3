"""What the inputs of a report are, told by what is in them and not by their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from insonify.core import audit_rows, gallery
from insonify.core import predictions as planes
from insonify.core import saliency_predictions as saliency
from insonify.core.described import kind_of
from insonify.core.errors import ReportError
from insonify.report.page.run_record import CONFIG

STORE: Final = "store"
RUN: Final = "run"
_KINDS: Final = (planes.KIND, saliency.KIND, gallery.KIND, audit_rows.KIND)
_HEAD: Final = "store.json"
_URL: Final = re.compile(r"(s3|gs|az):/")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The inputs of a report by what they are, in the order of their naming."""

    planes: list[Path] = field(default_factory=list)
    saliency: list[Path] = field(default_factory=list)
    galleries: list[Path] = field(default_factory=list)
    audits: list[Path] = field(default_factory=list)
    runs: list[Path] = field(default_factory=list)
    stores: list[Path] = field(default_factory=list)

    @property
    def tables(self) -> bool:
        """Whether there are predictions, hence tables."""
        return bool(self.planes or self.saliency)


def sort_inputs(paths: Sequence[Path]) -> Inputs:
    """Tell predictions, galleries, audits, runs and stores apart.

    Raises:
        ReportError: one is none of these.
    """
    found = Inputs()
    places = {
        planes.KIND: found.planes,
        saliency.KIND: found.saliency,
        gallery.KIND: found.galleries,
        audit_rows.KIND: found.audits,
        RUN: found.runs,
        STORE: found.stores,
    }
    for path in paths:
        places[_kind(path)].append(path)
    return found


def _kind(path: Path) -> str:
    if _URL.match(path.as_posix()):
        return STORE
    if path.is_dir():
        return _kind_of_folder(path)
    kind = kind_of(path)
    if kind not in _KINDS:
        raise ReportError(
            f"{path}: no predictions file, and no gallery or audit; name one that "
            "`insonify transfer` or `insonify audit` wrote"
        )
    return kind


def _kind_of_folder(path: Path) -> str:
    for name, kind in ((_HEAD, STORE), (CONFIG, RUN)):
        if (path / name).is_file():
            return kind
    raise ReportError(
        f"{path}: neither a store ({_HEAD} is missing) nor the folder of a run "
        f"({CONFIG} is missing); name one of these, or a predictions file"
    )
