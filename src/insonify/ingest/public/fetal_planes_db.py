"""FETAL_PLANES_DB: stills of six maternal-fetal planes, of 1,792 women.

A table ``FETAL_PLANES_DB_data.csv`` (cells between semicolons; the name of its last
column ends in a space) and a folder ``Images`` of PNG files. Tasks ``plane`` and, of
brains, ``brain_plane``; the published split has train and test.
"""

from typing import Final

from insonify.core.errors import ConfigError
from insonify.ingest.public.public_set import STILLS, Contents, PublicSet
from insonify.ingest.subjects import Known
from insonify.ingest.table import Row, read_table

_TABLE: Final = "FETAL_PLANES_DB_data.csv"
_COLUMNS: Final = ("Image_name", "Patient_num", "Plane", "Brain_plane", "Train")
_PARTS: Final = {"1": "train", "0": "test"}
_NO_BRAIN: Final = "Not A Brain"
_FACTS: Final = {"US_Machine": "device", "Operator": "operator"}


def _read(contents: Contents) -> None:
    for row in read_table(contents.root / _TABLE, _COLUMNS, delimiter=";"):
        part = _PARTS.get(row["Train"])
        if part is None or not row["Patient_num"]:
            raise ConfigError(
                f"{contents.root}: a row of {_TABLE} has Train {row['Train']!r} and "
                "must have 0 or 1, and a Patient_num; copy the published table again"
            )
        contents.add(f"Images/{row['Image_name']}.png", _known(row), part=part)
    contents.remark_unlisted("Images", (".png",))


def _known(row: Row) -> Known:
    labels = {"plane": row["Plane"]}
    if row["Brain_plane"] not in ("", _NO_BRAIN):
        labels["brain_plane"] = row["Brain_plane"]
    facts = {fact: row[name] for name, fact in _FACTS.items() if row.get(name)}
    return Known(subject=row["Patient_num"], labels=labels, facts=facts)


FETAL_PLANES_DB: Final = PublicSet(
    name="fetal-planes-db",
    title="FETAL_PLANES_DB",
    site="https://doi.org/10.5281/zenodo.3904280",
    licence="CC BY 4.0",
    citation="Burgos-Artizzu, Coronado-Gutiérrez, Valenzuela-Alcaraz, Bonet-Carne, "
    "Eixarch, Crispi, Gratacós: Evaluation of deep convolutional neural networks for "
    "automatic classification of common maternal fetal ultrasound planes. Scientific "
    "Reports 10, 10200 (2020), doi:10.1038/s41598-020-67076-5",
    wanted=(_TABLE, "Images"),
    read=_read,
    clean=STILLS,
)
