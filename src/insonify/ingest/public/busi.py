"""BUSI: breast stills of three classes, of about 600 women who are not told apart.

Folders ``benign``, ``malignant`` and ``normal`` with ``benign (1).png`` and its masks
``benign (1)_mask.png``, ``…_mask_1.png``, which are not taken. Task ``lesion``. The set
names no patient and is known to hold many repeats, some under two classes (Pawłowska,
Karwat, Żołek, Data in Brief 48, 2023): a subject is a group of near repeats.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from insonify.ingest.public.near_repeats import near_repeats
from insonify.ingest.public.public_set import STILLS, Contents, PublicSet
from insonify.ingest.subjects import Known

_CLASSES: Final = ("benign", "malignant", "normal")
_MASK: Final = re.compile(r"_mask(_\d+)?$")


def _read(contents: Contents) -> None:
    images = [
        path
        for lesion in _CLASSES
        for path in contents.files(lesion, (".png",))
        if not _MASK.search(Path(path).stem)
    ]
    groups = near_repeats([contents.root / path for path in images])
    classes: defaultdict[int, set[str]] = defaultdict(set)
    for path, group in zip(images, groups, strict=True):
        lesion = path.partition("/")[0]
        classes[group].add(lesion)
        known = Known(subject=f"group {group}", labels={"lesion": lesion})
        contents.add(path, known)
    contents.remarks.append(
        f"{len(images)} images in {len(classes)} groups of near repeats; the set names "
        "no patient, a group counts as a subject, and images of one woman that do not "
        "repeat each other may come to stand on both sides of a split"
    )
    mixed = sum(len(found) > 1 for found in classes.values())
    contents.remark_if(mixed, "of these groups hold images of more than one class")


BUSI: Final = PublicSet(
    name="busi",
    title="BUSI (Dataset_BUSI_with_GT)",
    site="https://scholar.cu.edu.eg/?q=afahmy/pages/dataset",
    licence="not stated with the images; the article that describes them is CC BY 4.0",
    citation="Al-Dhabyani, Gomaa, Khaled, Fahmy: Dataset of breast ultrasound images. "
    "Data in Brief 28, 104863 (2020), doi:10.1016/j.dib.2019.104863",
    wanted=_CLASSES,
    read=_read,
    clean=STILLS,
)
