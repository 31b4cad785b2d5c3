"""COVID-US: lung clips that its notebook fetches from nine sites.

``utils/video_metadata.csv`` has a row a clip; the notebook puts the clip itself, as
``id.filetype``, into ``data/video`` and later into ``data/video/original``. Its cropped
copies have another rate and no time stamps of their own: the originals are taken. Tasks
``diagnosis``, ``finding`` and ``organ``. Where a row names a patient, that is the
subject; four clips lie in a folder of one patient; any other clip is one of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from insonify.ingest.clean import CleanOptions
from insonify.ingest.public.public_set import Contents, PublicSet
from insonify.ingest.subjects import Known
from insonify.ingest.table import Row, read_table

_TABLE: Final = "utils/video_metadata.csv"
_VIDEOS: Final = "data/video"
_COLUMNS: Final = ("id", "filetype", "folder", "source", "probe", "class", "patient")
_ONE_PATIENT: Final = "20day_patient"
_ORGANS: Final = {"lung": "lung", "polmone": "lung", "cardiac": "heart"}
"""By the column ``type``, which says it in Italian in some versions of the table."""


def _read(contents: Contents) -> None:
    unnamed = 0
    # Text from the sites is in more than one encoding; what is used here is ASCII.
    for row in read_table(contents.root / _TABLE, _COLUMNS, errors="replace"):
        patient = row["patient"] or (_ONE_PATIENT if _of_one_patient(row) else "")
        unnamed += not patient
        source = row["source"].lower()
        known = Known(
            subject=f"{source} {patient}" if patient else f"clip {row['id']}",
            labels=dict(_labels(row)),
            facts={"probe": row["probe"].lower(), "site": source},
        )
        contents.add(_path(contents.root, f"{row['id']}.{row['filetype']}"), known)
    contents.remark_if(
        unnamed,
        "clips have no patient in the table: each is a subject of its own, and clips "
        "of one person may come to stand on both sides of a split",
    )
    contents.remark_unlisted(f"{_VIDEOS}/original", (".mp4", ".gif"))
    contents.remarks.append("POCOVID holds some of the same clips: test on one of both")


def _of_one_patient(row: Row) -> bool:
    return row["folder"].replace("\\", "/").endswith(f"/{_ONE_PATIENT}")


def _path(root: Path, name: str) -> str:
    original = f"{_VIDEOS}/original/{name}"
    direct = f"{_VIDEOS}/{name}"
    return direct if (root / direct).is_file() else original


def _labels(row: Row) -> Iterator[tuple[str, str]]:
    if row["class"]:
        yield "diagnosis", row["class"]
    if finding := row.get("class_on_website"):
        yield "finding", finding
    if organ := _ORGANS.get(row.get("type", "")):
        yield "organ", organ


COVID_US: Final = PublicSet(
    name="covid-us",
    title="COVID-US",
    site="https://github.com/nrc-cnrc/COVID-US (run create_COVIDxUS.ipynb there)",
    licence="the clips are under the terms of the sites they come from (fact `site` "
    "of the video); the set's own scripts are under the GNU AGPL 3.0",
    citation="Ebadi, Xi, MacLean, Florea, Tremblay, Kohli, Wong: COVIDx-US: an "
    "open-access benchmark dataset of ultrasound imaging data for AI-driven COVID-19 "
    "analytics. Frontiers in Bioscience-Landmark 27, 198 (2022), arXiv:2103.10003",
    wanted=(_TABLE, _VIDEOS),
    read=_read,
    clean=CleanOptions(),
)
