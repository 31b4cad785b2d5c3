"""How PLUS and 3D Slicer store ultrasound: which way rows and columns run, what it is.

Legend: H rows, W columns, C colour channels.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from insonify.core.errors import IngestError
from insonify.ingest.formats.stack import Pixels, Stack

_AXES: Final = {"M": "MU", "U": "MU", "F": "FN", "N": "FN"}


def upright(stack: Stack, fields: Mapping[str, str]) -> Stack:
    """The stack with columns towards the marked side and rows away from the probe.

    ``UltrasoundImageOrientation`` says where columns and rows run: to the Marked or
    Unmarked side of the probe, Far from or Near to it; a third letter (Ascending,
    Descending) is of volumes and of no matter here.

    Raises:
        IngestError: it is no B-mode image, or the axes make no plane of it.
    """
    kind = fields.get("UltrasoundImageType", "").upper()
    if kind.startswith("RF"):
        raise IngestError(
            "radio-frequency data (UltrasoundImageType RF), no image; convert it to "
            "B-mode (BRIGHTNESS), as PLUS does with its RfProcessor"
        )
    code = fields.get("UltrasoundImageOrientation", "").upper()
    if not code or code[:2] == "XX":
        note = "its orientation is not known; taken as it lies" if code else ""
        return replace(stack, notes=(*stack.notes, note)) if note else stack
    first, second = code[:1], code[1:2]
    if {_AXES.get(first), _AXES.get(second)} != {"MU", "FN"}:
        raise IngestError(
            "UltrasoundImageOrientation is none of MF, MN, UF, UN, FM, FU, NM, NU; "
            "export the frames in planes along the beams"
        )
    spacing_mm = stack.spacing_mm
    shape = stack.shape
    swapped = first in "FN"
    if swapped:
        first, second = second, first
        shape = (shape[1], shape[0], *shape[2:])
        spacing_mm = spacing_mm and (spacing_mm[1], spacing_mm[0])
    return replace(
        stack,
        shape=shape,
        spacing_mm=spacing_mm,
        pictures=_turned(stack.pictures, swapped, second == "N", first == "U"),
    )


def _turned(
    pictures: Callable[[], Iterator[Pixels]], swapped: bool, down: bool, across: bool
) -> Callable[[], Iterator[Pixels]]:
    rows, columns = (slice(None, None, -1 if flip else 1) for flip in (down, across))

    def turned() -> Iterator[Pixels]:
        for pixels in pictures():
            straight = pixels.swapaxes(0, 1) if swapped else pixels
            yield straight[rows, columns]

    return turned
