"""CAMUS: apical two- and four-chamber half cycles of 500 patients, as NIfTI.

``database_nifti/patientXXXX`` holds ``patientXXXX_{2CH,4CH}_half_sequence.nii.gz`` and
``Info_{2CH,4CH}.cfg`` (lines ``name: value``; frames count from 1). Files ``_gt`` are
segmentations, and those of single frames repeat frames of the sequences: neither is
taken. A sequence has three axes and does not say that the last is time: the rate comes
from the Info file. Tasks ``view``, ``image_quality``, ``ef_class`` and, of two frames,
``phase``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError
from insonify.ingest.clean import CleanOptions
from insonify.ingest.label_table import Moment
from insonify.ingest.public.ejection_fraction import ejection_class
from insonify.ingest.public.public_set import Contents, PublicSet
from insonify.ingest.subjects import Known

_DATA: Final = "database_nifti"
_SPLIT: Final = "database_split"
_VIEWS: Final = ("2CH", "4CH")
_PARTS: Final = {"training": "train", "validation": "validation", "testing": "test"}
Info = Mapping[str, str]


def _read(contents: Contents) -> None:
    parts = _parts(contents.root / _SPLIT)
    if not parts:
        contents.remarks.append(
            f"no {_SPLIT} with subgroup_*.txt in the copy: the store gets no split"
        )
    silent = 0
    for folder in sorted((contents.root / _DATA).glob("patient*")):
        for view in _VIEWS:
            info = _info(folder / f"Info_{view}.cfg")
            silent += not info
            known = Known(
                subject=folder.name,
                labels={"view": view, **dict(_labels(info))},
                facts=_facts(info),
            )
            contents.add(
                f"{_DATA}/{folder.name}/{folder.name}_{view}_half_sequence.nii.gz",
                known,
                part=parts.get(folder.name, ""),
                marked=_phases(info),
                rate_hz=_number(info, "FrameRate"),
            )
    contents.remark_if(silent, "sequences have no Info file and so no labels but views")


def _parts(folder: Path) -> dict[str, str]:
    """Part of each subject; one in two lists is in one of them by mistake."""
    parts: dict[str, str] = {}
    for listed, part in _PARTS.items():
        path = folder / f"subgroup_{listed}.txt"
        for subject in _text(path).split() if path.is_file() else ():
            if parts.setdefault(subject, part) != part:
                raise ConfigError(
                    f"{folder}: a subject is in two lists; copy the lists again"
                )
    return parts


def _info(path: Path) -> Info:
    if not path.is_file():
        return {}
    lines = (line.partition(":") for line in _text(path).splitlines())
    return {name.strip(): value.strip() for name, _, value in lines if value.strip()}


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _labels(info: Info) -> Iterator[tuple[str, str]]:
    if quality := info.get("ImageQuality"):
        yield "image_quality", quality
    if (ef := _number(info, "EF")) is not None:
        yield "ef_class", ejection_class(ef)


def _facts(info: Info) -> dict[str, float]:
    found = {"ejection_fraction": _number(info, "EF")}
    return {name: value for name, value in found.items() if value is not None}


def _phases(info: Info) -> Iterator[Moment]:
    for phase in ("ED", "ES"):
        if (frame := _number(info, phase)) is not None:
            yield Moment("phase", phase, int(frame) - 1)


def _number(info: Info, name: str) -> float | None:
    try:
        return float(info[name]) if name in info else None
    except ValueError:
        raise ConfigError(
            f"{name} in an Info file of CAMUS is no number: {info[name]!r}; copy the "
            "set again"
        ) from None


CAMUS: Final = PublicSet(
    name="camus",
    title="CAMUS",
    site="https://www.creatis.insa-lyon.fr/Challenge/camus/",
    licence="CC BY-NC-SA 4.0",
    citation="Leclerc, Smistad, Pedrosa, Østvik, et al.: Deep learning for "
    "segmentation using an open large-scale dataset in 2D echocardiography. IEEE "
    "Transactions on Medical Imaging 38, 2198-2210 (2019), "
    "doi:10.1109/TMI.2019.2900516",
    wanted=(_DATA,),
    read=_read,
    clean=CleanOptions(area="full"),
)
