"""What the tables of single sets say, and how bad ones are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from insonify.core.errors import ConfigError
from insonify.ingest.public.sets import SETS, Imported
from insonify.store import Store

Make = Callable[[str], Any]
Bring = Callable[[str, Path], tuple[Imported, Store]]


def facts(store: Store) -> list[dict[str, Any]]:
    return [json.loads(text) for text in store.videos()["facts"].to_pylist()]


def times_s(store: Store, label: str) -> list[float]:
    """Times of the frames that carry a label of task ``phase``."""
    found, index = store.frame_labels("phase"), store.frames()
    pairs = zip(found.positions, found.labels, strict=True)
    return sorted(float(index.time_s_N[p]) for p, name in pairs if name == label)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_fetal_planes(make: Make, bring: Bring) -> None:
    copy = make("fetal-planes-db")
    imported, store = bring("fetal-planes-db", copy.root)
    (remark,) = imported.remarks
    assert remark == "1 files in Images are in no row of the table: left out"
    found = {(row["device"], row["operator"]) for row in facts(store)}
    assert found == {("Voluson E6", "Op. 1"), ("Aloka", "Other")}
    assert {row["area"] for row in facts(store)} == {"full frame"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Voluson E6;1 ", "Voluson E6;2 ", "has Train '2' and must have 0 or 1"),
        ("Voluson E6;1 ", "Voluson E6;0", "two parts of the published split"),
        ("Erika_Plane1", "Erika_Plane3", "a file stands in two rows"),
        ("Brain_plane", "Brain", "no column 'Brain_plane'"),
    ],
)
def test_a_bad_table_of_planes(make: Make, old: str, new: str, message: str) -> None:
    root = make("fetal-planes-db").root
    edit(root / "FETAL_PLANES_DB_data.csv", old, new)
    with pytest.raises(ConfigError, match=message):
        SETS["fetal-planes-db"].contents(root)


def test_echonet_marks_the_traced_frames(make: Make, bring: Bring) -> None:
    copy = make("echonet")
    imported, store = bring("echonet", copy.root)
    # 25 frames a second; the larger trace is end-diastole, wherever it stands.
    assert times_s(store, "ED") == pytest.approx([2 / 25, 8 / 25])
    assert times_s(store, "ES") == pytest.approx([3 / 25, 9 / 25])
    assert sorted(row["ejection_fraction"] for row in facts(store)) == [39.5, 49.9, 61]
    assert "2 videos have no two traced frames" in imported.remarks[0]
    assert "1 files in Videos are in no row" in imported.remarks[1]


def test_a_traced_frame_that_is_not_there_is_a_note(make: Make, bring: Bring) -> None:
    copy = make("echonet")
    edit(copy.root / "VolumeTracings.csv", ",9\n", ",12\n")
    _, store = bring("echonet", copy.root)
    assert times_s(store, "ES") == pytest.approx([3 / 25])
    notes = " ".join(row.get("notes", "") for row in facts(store))
    assert "a frame that the file does not have" in notes


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("FileList.csv", "TRAIN", "LEARN", "has Split 'LEARN'"),
        ("FileList.csv", "39.5", "low", "EF, ESV or EDV .* is no number"),
        ("VolumeTracings.csv", ",X1", ",X", "not the table of tracings"),
        ("VolumeTracings.csv", ",8\n", ",8.5\n", "not the table of tracings"),
    ],
)
def test_bad_tables_of_echonet(
    make: Make, table: str, old: str, new: str, message: str
) -> None:
    root = make("echonet").root
    edit(root / table, old, new)
    with pytest.raises(ConfigError, match=message):
        SETS["echonet"].contents(root)


def test_camus_takes_rate_and_phases_from_its_info_files(
    make: Make, bring: Bring
) -> None:
    copy = make("camus")
    _, store = bring("camus", copy.root)
    assert times_s(store, "ED") == pytest.approx([0, 0, 9 / 50])
    assert times_s(store, "ES") == pytest.approx([0, 9 / 50, 9 / 50])
    videos = store.videos().to_pylist()
    exams = [video["exam"] for video in videos]
    assert len(set(exams)) == 2  # both views of a patient are one exam
    assert {row["timing"] for row in facts(store)} == {"given frame rate"}
    assert all("Age" not in row and "Sex" not in row for row in facts(store))


def test_camus_without_lists_or_info_says_so(make: Make) -> None:
    root = make("camus").root
    (root / "database_nifti" / "patient47114711" / "Info_2CH.cfg").unlink()
    (root / "database_split" / "subgroup_testing.txt").write_text("patient47114711")
    with pytest.raises(ConfigError, match="a subject is in two lists"):
        SETS["camus"].contents(root)
    for path in (root / "database_split").iterdir():
        path.unlink()
    contents = SETS["camus"].contents(root)
    assert not contents.parts
    assert "the store gets no split" in contents.remarks[0]
    assert "1 sequences have no Info file" in contents.remarks[1]
    edit(root / "database_nifti" / "patient0002" / "Info_2CH.cfg", "EF: 52", "EF: low")
    with pytest.raises(ConfigError, match="EF in an Info file of CAMUS is no number"):
        SETS["camus"].contents(root)


def test_clips_of_one_lung_patient_stay_together(make: Make) -> None:
    contents = SETS["pocovid"].contents(make("pocovid").root)
    subjects = {Path(path).stem: row.subject for path, row in contents.known.items()}
    assert subjects["Cov-Atlas-Erika-Day+1"] == subjects["Cov-Atlas-Erika-Day+2"]
    nephro = [p for p in contents.known if "nephropocus" in p]
    assert {contents.known[path].subject for path in nephro} == {
        "patient 74",
        "patient 77",
    }
    assert "3 clips have no patient number" in contents.remarks[0]
    assert "1 stills in pocus_images are not taken" in contents.remarks[1]
    licences = {row.facts.get("licence") for row in contents.known.values()}
    assert licences == {"CC BY-NC 4.0", "None", None}


def test_covid_us_patients_are_of_their_site(make: Make) -> None:
    contents = SETS["covid-us"].contents(make("covid-us").root)
    subjects = [row.subject for row in contents.known.values()]
    assert subjects == [
        "litfl Erika_47114711",
        "litfl Erika_47114711",
        "radiopaedia Erika_47114711",
        "pocusatlas 20day_patient",
        "pocusatlas 20day_patient",
        "clip 22_butterfly_covid",
    ]
    assert "1 clips have no patient" in contents.remarks[0]


def test_busi_counts_repeats_of_two_classes(make: Make) -> None:
    contents = SETS["busi"].contents(make("busi").root)
    assert not [path for path in contents.known if "mask" in path]
    subject = {path: row.subject for path, row in contents.known.items()}
    repeat = subject["malignant/malignant (2).png"]
    assert repeat == subject["benign/benign (47114711).png"]
    assert repeat != subject["malignant/malignant (1).png"]
    assert contents.remarks[0].startswith("5 images in 4 groups")
    assert contents.remarks[1].startswith("1 of these groups")


def test_an_empty_layout_is_refused(tmp_path: Path) -> None:
    for lesion in ("benign", "malignant", "normal"):
        (tmp_path / lesion).mkdir()
    with pytest.raises(ConfigError, match="hold no file"):
        SETS["busi"].contents(tmp_path)
