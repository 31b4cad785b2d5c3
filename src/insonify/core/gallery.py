"""The gallery file: frames as an encoder arranges them, with a small picture of each.

Written by :mod:`insonify.transfer`, read by :mod:`insonify.report`, which needs neither
model nor store. Unlike all other files of this house it holds pictures of patients: it
is made only when it is asked for, and goes only where those pictures may go.

Legend: N rows.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.described import read_described, write_described
from insonify.core.errors import ReportError
from insonify.core.joining import flat_values

FORMAT: Final = 1
KIND: Final = "gallery"
"""What such a file calls itself."""
SCHEMA: Final = pa.schema(
    [
        ("subject", pa.string()),
        ("video", pa.string()),
        ("time_s", pa.float64()),
        ("truth", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("neighbours", pa.list_(pa.int32())),
        ("similarities", pa.list_(pa.float32())),
        ("thumbnail", pa.binary()),
    ]
)
"""Columns of the file. ``truth`` is a class, or empty where nothing is labelled; ``x``
and ``y`` are a place on the map; ``neighbours`` are numbers of rows, the most alike
frames of other subjects first, ``similarities`` the cosine with each; ``thumbnail`` is
a grey JPEG."""

_HEAD: Final[dict[str, Any]] = {
    "task": str,
    "classes": tuple[str, ...],
    "store": str,
    "arm": str,
    "facts": dict[str, Any],
    "size": tuple[int, int],
}
"""Types of what a file says of its rows."""
_JPEG: Final = b"\xff\xd8"
_SLACK: Final = 1e-4
"""How far float32 may carry a cosine or a place beyond 1."""


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Frames of held-out subjects, the map of them, and what is most alike to each.

    Attributes:
        task: Whose labels the frames carry; empty where none were asked for.
        classes: All that ``truth`` may be; empty where none were asked for.
        store: Identity of the store the frames come from.
        arm: Name of the encoder that arranged them.
        facts: How the file was made, as plain JSON values. ``created``, ``insonify``,
            ``options`` and ``store_versions`` as in a predictions file; ``split``,
            ``fold`` and ``role`` (whose frames they are); ``encoder`` (what stands
            behind the arm); ``method``, ``perplexity`` and ``seed`` of the map;
            ``available`` and ``taken`` (how many frames there were, and are here);
            ``agreement``: None where it is undefined, else an object of ``value``
            (share of frames whose first neighbour has their class), ``low`` and
            ``high`` (its 95 % interval over ``subjects``) and ``chance`` (the same of
            frames drawn in the neighbours' place).
        size: Rows and columns of the thumbnails.
        rows: Table of :data:`SCHEMA`.

    Raises:
        ReportError: the parts contradict each other.
    """

    task: str
    classes: tuple[str, ...]
    store: str
    arm: str
    facts: dict[str, Any]
    size: tuple[int, int]
    rows: pa.Table

    def __post_init__(self) -> None:
        rows = self.rows
        _require(rows.schema.equals(SCHEMA), "columns are not those of a gallery")
        _require(len(rows) > 0, "there are no rows")
        full = not any(column.null_count for column in rows.columns)
        _require(full, "some values are missing")
        odd = set(pc.unique(rows["truth"]).to_pylist()) - set(self.classes or [""])
        _require(not odd, f"truth {sorted(odd)[:1]} is not one of the classes")
        places_N2 = self.places_N2()
        _require(
            np.isfinite(places_N2).all() and np.abs(places_N2).max() <= 1 + _SLACK,
            "places on the map are not in [-1, 1]",
        )
        _require(
            all(image.startswith(_JPEG) for image in rows["thumbnail"].to_pylist()),
            "a thumbnail is no JPEG",
        )
        self._require_neighbours()

    def places_N2(self) -> npt.NDArray[np.float32]:
        """The columns ``x`` and ``y`` as one array, float32."""
        return np.stack([self.rows[name].to_numpy() for name in ("x", "y")], axis=1)

    def _require_neighbours(self) -> None:
        """Refuse neighbours that are no rows, or frames of the same subject."""
        lists = [self.rows[name] for name in ("neighbours", "similarities")]
        counts_N, others_N = (pc.list_value_length(each).to_numpy() for each in lists)
        _require(
            np.array_equal(counts_N, others_N),
            "there are not as many similarities as neighbours",
        )
        near, similar = (flat_values(each) for each in lists)
        rows = len(self.rows)
        _require(((near >= 0) & (near < rows)).all(), "a neighbour is no row")
        subject_N = np.array(self.rows["subject"].to_pylist())
        _require(
            (subject_N[near] != np.repeat(subject_N, counts_N)).all(),
            "a neighbour is of the same subject",
        )
        _require(
            (np.abs(similar) <= 1 + _SLACK).all(), "similarities are not in [-1, 1]"
        )


def write_gallery(path: Path, gallery: Gallery) -> None:
    """Write a gallery file, atomically; an existing one is replaced."""
    head = {
        "format": FORMAT,
        "task": gallery.task,
        "classes": list(gallery.classes),
        "store": gallery.store,
        "arm": gallery.arm,
        "facts": gallery.facts,
        "size": list(gallery.size),
    }
    write_described(path, gallery.rows, KIND, head)


def read_gallery(path: Path) -> Gallery:
    """Read and check what :func:`write_gallery` wrote.

    Raises:
        ReportError: the file is missing, damaged, of another kind or version.
    """
    rows, head = read_described(path, KIND, FORMAT, _HEAD)
    try:
        return Gallery(**head, rows=rows)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def _require(right: bool | np.bool_, found: str) -> None:
    if not right:
        raise ReportError(f"{found}; run `insonify transfer gallery` again")
