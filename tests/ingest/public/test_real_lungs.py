"""The layout of POCOVID round real clips of it (CC BY, see their manifest)."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from insonify.ingest.public.sets import Imported
from insonify.store import Store

NAMES = (
    "convex/Cov_recommendations_likebutterfly_mov5.mov",
    "convex/Reg_pat1Image_133232.mpeg",
    "convex/Reg_pat1Image_133410.mpeg",
    "linear/Reg_Image_181432_crop.mp4",
    "linear/Pneu_prospective_file3.mp4",
    "linear/label_uncertain/Vir_or_Pneu_prospective_file4.mp4",
)


def test_real_clips_in_their_layout(
    tmp_path: Path,
    shared_data: Path,
    bring: Callable[[str, Path], tuple[Imported, Store]],
) -> None:
    clips, data = shared_data / "lung_video_ccby", tmp_path / "data"
    with (clips / "manifest.csv").open(newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    # The table as upstream has it, made of the manifest, which was made of it.
    table = ["Filename,Probe,Patient ID / Name,Lung Severity Score,License"]
    for name in NAMES:
        target = data / "pocus_videos" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clips / name, target)
        row = rows[name]
        cells = (target.stem, row["probe"], row["subject"], "", row["licence"])
        table.append(",".join(cells))
    (data / "dataset_metadata.csv").write_text("\n".join(table))
    imported, store = bring("pocovid", tmp_path)
    assert (imported.summary.taken, imported.summary.rejects) == (len(NAMES), [])
    subjects = store.videos()["subject"].to_pylist()
    assert len(set(subjects)) == len({rows[name]["subject"] for name in NAMES}) == 5
    labels = sorted(store.labels()["label"].to_pylist())
    assert labels == ["COVID-19", "bacterial pneumonia"] + ["regular"] * 3
