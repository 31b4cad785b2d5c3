"""What a DICOM header says of image regions, people and equipment."""

from math import inf
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from insonify.core.video import Box
from insonify.ingest.recording import Identity, Region

Mask: TypeAlias = npt.NDArray[np.bool_]

_IMAGE: Final = 1  # RegionSpatialFormat: 2-D; 2 M-mode, 3 spectral, 4 wave, 5 graphics
_TISSUE, _COLOUR_FLOW = 1, 2  # RegionDataType
_CENTIMETRES: Final = 3  # PhysicalUnits

_SLACK_PX: Final = 4
"""A region box may exceed the image by this and be right. Beyond it, the box was made
for another picture size: in pydicom's 30-frame cine, for twice the size."""
_LEAST_SIDE: Final = 16

_ALLOWED: Final = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "TransducerType",
    "TransducerFrequency",
    "MechanicalIndex",
    "BoneThermalIndex",
    "SoftTissueThermalIndex",
    "DepthOfScanField",
    "PhotometricInterpretation",
    "BurnedInAnnotation",
    "LossyImageCompressionRatio",
)
"""The only header fields that are kept: technical, none of a person, place or date."""


def read_facts(header: Dataset) -> dict[str, str | int | float]:
    """Technical fields on the allow-list, where they are text of 1 to 64 characters.

    Others are left out whole: where the length of a field is damaged, its value runs
    on through tags, which do not print, to the names of people.
    """
    found = {name: str(header.get(name) or "").strip() for name in _ALLOWED}
    return {
        name: text
        for name, text in found.items()
        if 0 < len(text) <= 64 and text.isprintable()
    }


def read_identity(header: Dataset) -> Identity | None:
    """Patient and study, None without a patient ID.

    An ID is only unique together with who issued it.
    """
    subject = str(header.get("PatientID") or "").strip()
    if not subject:
        return None
    issuer = str(header.get("IssuerOfPatientID") or "").strip()
    exam = str(header.get("StudyInstanceUID") or "").strip()
    return Identity(subject=f"{issuer}\n{subject}" if issuer else subject, exam=exam)


def read_regions(
    header: Dataset, shape_HW: tuple[int, int]
) -> tuple[tuple[Region, ...], list[str]]:
    """The 2-D image regions, exact and large ones first, and notes on what was odd."""
    regions, notes = [], []
    for item in header.get("SequenceOfUltrasoundRegions") or ():
        if item.get("RegionSpatialFormat") != _IMAGE:
            continue
        if item.get("RegionDataType") not in (_TISSUE, _COLOUR_FLOW):
            continue
        if item.RegionDataType == _COLOUR_FLOW:
            notes.append("a colour flow region")
        declared = Box(
            item.RegionLocationMinY0,
            item.RegionLocationMinX0,
            item.RegionLocationMaxY1 + 1,
            item.RegionLocationMaxX1 + 1,
        )
        box, exceeds = _clip(declared, shape_HW)
        if min(box.height, box.width) < _LEAST_SIDE:
            notes.append("a declared region lies outside the picture and is ignored")
            continue
        if exceeds > 0:
            notes.append("a declared region exceeds the picture and is clipped to it")
        exact = exceeds <= _SLACK_PX
        spacing_mm = _spacing(item) if exact else None
        regions.append(Region(box=box, spacing_mm=spacing_mm, exact=exact))
    if len(regions) > 1:
        notes.append(f"{len(regions)} image regions")
    regions.sort(key=lambda r: (not r.exact, -r.box.height * r.box.width))
    return tuple(regions), notes


def read_active_area(header: Dataset, shape_HW: tuple[int, int]) -> Mask | None:
    """The pixels that the device says are image (0018,6070), None where it does not."""
    group = header.get("ActiveImageAreaOverlayGroup")
    if group is None or (int(group), 0x3000) not in header:
        return None
    bits_HW: Mask = header.overlay_array(int(group)).astype(bool)
    return bits_HW if bits_HW.shape == shape_HW and bits_HW.any() else None


def _clip(declared: Box, shape_HW: tuple[int, int]) -> tuple[Box, int]:
    """The part of a box within the frame, and by how many pixels it exceeds it."""
    height, width = shape_HW
    box = Box(
        max(declared.top, 0),
        max(declared.left, 0),
        min(declared.bottom, height),
        min(declared.right, width),
    )
    return box, max(abs(a - b) for a, b in zip(declared, box, strict=True))


def _spacing(item: Any) -> tuple[float, float] | None:
    """Millimetres per pixel along rows and columns, where both are in centimetres."""
    spacing = []
    for axis in "YX":
        if item.get(f"PhysicalUnits{axis}Direction") != _CENTIMETRES:
            return None
        spacing.append(10 * abs(float(item.get(f"PhysicalDelta{axis}") or 0)))
    return (spacing[0], spacing[1]) if all(0 < mm < inf for mm in spacing) else None
