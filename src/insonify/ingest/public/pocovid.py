"""POCOVID: lung clips that were gathered from the web and from publications.

``pocus_videos/{convex,linear}`` below the repository's folder ``data``, beside
``dataset_metadata.csv``, which has a row a file: its name mostly without the ending,
and the same name once for each probe. Task ``diagnosis`` is the prefix of a file's name
(files ``Vir_or_Pneu…`` get none), ``severity`` the lung severity score of Gare et al.
The table's patient numbers are subjects: one patient has several clips, such as those
of days 1 to 4. A file without number is a subject of its own. Stills are not taken.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from insonify.ingest.clean import CleanOptions
from insonify.ingest.public.public_set import Contents, PublicSet
from insonify.ingest.subjects import Known
from insonify.ingest.table import Row, read_table

_TABLE: Final = "dataset_metadata.csv"
_VIDEOS: Final = "pocus_videos"
_COLUMNS: Final = ("Filename", "Probe", "Patient ID / Name", "Lung Severity Score")
_PROBES: Final = ("convex", "linear")
_ENDINGS: Final = (".mov", ".mp4", ".mpeg", ".mpg", ".m4v", ".avi", ".gif")
_PREFIX: Final = re.compile(r"(cov|pneu|reg|vir)[-_](?!or[-_])", re.IGNORECASE)
_DIAGNOSES: Final = {
    "cov": "COVID-19",
    "pneu": "bacterial pneumonia",
    "reg": "regular",
    "vir": "viral pneumonia",
}
Rows: TypeAlias = Mapping[tuple[str, str], Row]
"""Rows of the table by probe and name."""


def _read(contents: Contents) -> None:
    rows = _rows(contents.root / _TABLE)
    unnumbered = 0
    for path in contents.files(_VIDEOS, _ENDINGS):
        # The folders were called Convex and Linear once.
        probe, name = path.split("/")[1].lower(), Path(path).name
        if probe not in _PROBES:
            continue
        row = rows.get((probe, _stem(name)), {})
        number = row.get("Patient ID / Name", "")
        unnumbered += not number
        known = Known(
            subject=f"patient {number}" if number else f"file {path}",
            labels=dict(_labels(name, row)),
            facts={"probe": probe, **_licence(row)},
        )
        contents.add(path, known)
    contents.remark_if(
        unnumbered,
        "clips have no patient number in the table: each is a subject of its own, and "
        "clips of one person may come to stand on both sides of a split",
    )
    stills = contents.files("pocus_images", (".png", ".jpg", ".jpeg"))
    contents.remark_if(len(stills), "stills in pocus_images are not taken")
    contents.remarks.append(
        "COVID-US holds some of the same clips: test on one of both"
    )


def _rows(path: Path) -> Rows:
    # Text that doctors wrote holds bytes that are no UTF-8; what is used here is ASCII.
    rows = read_table(path, _COLUMNS, errors="replace")
    return {(row["Probe"].lower(), _stem(row["Filename"])): row for row in rows}


def _stem(name: str) -> str:
    """A file's name without its ending, however it is written."""
    path = Path(name.lower())
    return path.stem if path.suffix in _ENDINGS else path.name


def _labels(name: str, row: Row) -> Iterator[tuple[str, str]]:
    if prefix := _PREFIX.match(name):
        yield "diagnosis", _DIAGNOSES[prefix[1].lower()]
    if (score := row.get("Lung Severity Score", "")) in ("0", "1", "2", "3"):
        yield "severity", score


def _licence(row: Row) -> dict[str, str]:
    return {"licence": row["License"]} if row.get("License") else {}


POCOVID: Final = PublicSet(
    name="pocovid",
    title="POCOVID",
    site="https://github.com/jannisborn/covid19_ultrasound",
    licence="as dataset_metadata.csv states for each clip, kept as fact `licence` of "
    "the video: mostly CC BY-NC 4.0, some CC BY, some None, which is no leave to share",
    citation="Born, Wiedemann, Cossio, Buhre, Brändle, Leidermann, Aujayeb, Moor, "
    "Rieck, Borgwardt: Accelerating detection of lung pathologies with explainable "
    "ultrasound image analysis. Applied Sciences 11, 672 (2021), "
    "doi:10.3390/app11020672; of task severity: Gare, Tran, deBoisblanc, Rodriguez, "
    "Galeotti, arXiv:2201.07357 (2022)",
    wanted=(_TABLE, _VIDEOS),
    read=_read,
    clean=CleanOptions(),
)
