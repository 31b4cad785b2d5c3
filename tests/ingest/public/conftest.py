"""Miniature copies of published sets, laid out as their documentation says.

In each, ids and names hold what must not leave ingest, and one listed file is missing.
"""

import gzip
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from insonify.core.video import Frames
from insonify.ingest.options import TakeOptions
from insonify.ingest.public.sets import SETS, Imported, import_set
from insonify.store import Store

Screen = Callable[..., Frames]
WriteMovie = Callable[..., Path]


@dataclass(frozen=True, kw_only=True)
class Miniature:
    """A copy, and what is to come of it."""

    root: Path
    missing: Path
    """The file that is listed and not there."""
    there: Path
    """One that is."""
    taken: int
    subjects: int
    labels: dict[str, list[str]]
    """Labels of the rows of the store's table, by task."""
    parts: list[str]
    """Parts of the published split, one a subject."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Draws the files of a miniature."""

    screen: Screen
    write_movie: WriteMovie

    def still(self, path: Path, seed: int, gain: float = 1) -> Path:
        """A texture of 72 rows and 96 columns."""
        generator = np.random.default_rng(seed)
        field = ndimage.gaussian_filter(generator.normal(size=(72, 96)), 5)
        pixels = np.clip(gain * (110 + 40 * field / field.std()), 0, 255)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        return path

    def movie(self, path: Path, seed: int, frames: int = 12) -> Path:
        """A moving sector at 25 frames a second."""
        path.parent.mkdir(parents=True, exist_ok=True)
        frames_THW = self.screen(frames, seed)
        if path.suffix == ".gif":
            first, *rest = (Image.fromarray(frame_HW) for frame_HW in frames_THW)
            first.save(path, save_all=True, append_images=rest, duration=40)
            return path
        return self.write_movie(path, frames_THW)

    def nifti(self, path: Path, seed: int, frames: int) -> Path:
        """An array of three axes, the last of them time without saying so."""
        frames_THW = self.screen(frames, seed)
        count, height, width = frames_THW.shape
        header = bytearray(352)
        struct.pack_into("<i", header, 0, 348)
        struct.pack_into("<8h", header, 40, 3, width, height, count, 1, 1, 1, 1)
        struct.pack_into("<2h", header, 70, 2, 8)
        struct.pack_into("<8f", header, 76, 1, 0.3, 0.3, 1, 1, 1, 1, 1)
        struct.pack_into("<3f", header, 108, 352, 1, 0)
        header[123], header[344:348] = 2, b"n+1\0"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(bytes(header) + frames_THW.tobytes()))
        return path


def fetal_planes_db(root: Path, draw: Draw) -> Miniature:
    rows = [
        "Image_name;Patient_num;Plane;Brain_plane;Operator;US_Machine;Train ",
        "Erika_Plane3_1_of_1;47114711;Fetal brain;Trans-thalamic;Op. 1;Voluson E6;1 ",
        "Erika_Plane1_1_of_1;47114711;Other;Not A Brain;Op. 1;Voluson E6;1",
        "Patient00002_Plane5_1_of_1;2;Maternal cervix;Not A Brain;Other;Aloka;0",
        "Patient00003_Plane2_1_of_1;3;Fetal abdomen;Not A Brain;Other;Other;0",
    ]
    images = root / "Images"
    draw.still(images / "Erika_Plane3_1_of_1.png", 0)
    draw.still(images / "Erika_Plane1_1_of_1.png", 1)
    there = draw.still(images / "Patient00002_Plane5_1_of_1.png", 2)
    draw.still(images / "Erika_unknown_47114711.png", 3)
    (root / "FETAL_PLANES_DB_data.csv").write_text("\r\n".join(rows))
    return Miniature(
        root=root,
        missing=images / "Patient00003_Plane2_1_of_1.png",
        there=there,
        taken=3,
        subjects=2,
        labels={
            "plane": ["Fetal brain", "Maternal cervix", "Other"],
            "brain_plane": ["Trans-thalamic"],
        },
        parts=["test", "test", "train"],
    )


def echonet(root: Path, draw: Draw) -> Miniature:
    rows = [
        "FileName,EF,ESV,EDV,FrameHeight,FrameWidth,FPS,NumberOfFrames,Split",
        "0X47114711ERIKA,39.5,90.5,149.6,112,112,25,12,TRAIN",
        "0X2,49.9,24.1,58.2,112,112,25,12,VAL",
        "0X3,61.0,24.1,58.2,112,112,25,12,TEST",
        "0X4,61.0,24.1,58.2,112,112,25,12,TEST",
    ]
    chords = ["FileName,X1,Y1,X2,Y2,Frame"]
    # The large trace is the later one here, the earlier one there.
    for name, frame, half_width in [
        ("0X47114711ERIKA", 3, 8),
        ("0X47114711ERIKA", 8, 12),
        ("0X2", 2, 30),
        ("0X2", 9, 20),
        ("0X3", 5, 20),  # a trace alone
    ]:
        chords.append(f"{name}.avi,50,10,50,90,{frame}")
        for y in (20, 50, 80):
            ends = f"{50 - half_width},{y},{50 + half_width},{y}"
            chords.append(f"{name}.avi,{ends},{frame}")
    for seed, name in enumerate(["0X47114711ERIKA", "0X2", "0X3", "0X5"]):
        draw.movie(root / "Videos" / f"{name}.avi", seed)
    (root / "FileList.csv").write_text("\n".join(rows))
    (root / "VolumeTracings.csv").write_text("\n".join(chords))
    return Miniature(
        root=root,
        missing=root / "Videos" / "0X4.avi",
        there=root / "Videos" / "0X2.avi",
        taken=3,
        subjects=3,
        labels={
            "ef_class": ["mildly reduced", "preserved", "reduced"],
            "phase": ["ED", "ED", "ES", "ES"],
        },
        parts=["test", "test", "train", "validation"],
    )


def camus(root: Path, draw: Draw) -> Miniature:
    data = root / "database_nifti"
    for number, (patient, ef) in enumerate(
        [("patient47114711", 36), ("patient0002", 52)]
    ):
        for view in ("2CH", "4CH"):
            quality = {"2CH": "Good", "4CH": "Poor"}[view]
            path = data / patient / f"{patient}_{view}_half_sequence.nii.gz"
            # The second view of the second patient was not copied.
            if (number, view) != (1, "4CH"):
                draw.nifti(path, seed=2 * number + (view == "4CH"), frames=10)
            draw.still(path.with_name(f"{patient}_{view}_ED_gt.png"), 9)
            first, last = ("ED: 1", "ES: 10") if number == 0 else ("ED: 10", "ES: 1")
            text = [first, last, "NbFrame: 10", "Sex: F", "Age: 56", "FrameRate: 50"]
            text += [f"ImageQuality: {quality}", f"EF: {ef}"]
            (data / patient / f"Info_{view}.cfg").write_text("\n".join(text))
    split = root / "database_split"
    split.mkdir()
    (split / "subgroup_training.txt").write_text("patient47114711\n")
    (split / "subgroup_validation.txt").write_text("")
    (split / "subgroup_testing.txt").write_text("patient0002\n")
    return Miniature(
        root=root,
        missing=data / "patient0002" / "patient0002_4CH_half_sequence.nii.gz",
        there=data / "patient47114711" / "patient47114711_4CH_half_sequence.nii.gz",
        taken=3,
        subjects=2,
        labels={
            "view": ["2CH", "2CH", "4CH"],
            "image_quality": ["Good", "Good", "Poor"],
            "ef_class": ["preserved", "reduced", "reduced"],
            "phase": ["ED", "ED", "ED", "ES", "ES", "ES"],
        },
        parts=["test", "train"],
    )


def pocovid(root: Path, draw: Draw) -> Miniature:
    # Only a file that is there is listed: what is missing is a broken one here.
    columns = "Filename,License,Probe,Patient ID / Name,Lung Severity Score,,\n"
    rows = [
        "Cov-Atlas-Erika-Day+1,CC BY-NC 4.0,convex,47114711,0,,",
        "Cov-Atlas-Erika-Day+2,CC BY-NC 4.0,Convex,47114711,3,,",
        "reg-nephropocus.gif,None,convex,74,,,",
        "Reg-nephropocus,None,linear,77,,,",
        "Pneu_no number,,linear,,,,",
    ]
    videos = root / "pocus_videos"
    draw.movie(videos / "convex" / "Cov-Atlas-Erika-Day+1.gif", 0)
    draw.movie(videos / "convex" / "Cov-Atlas-Erika-Day+2.gif", 1)
    draw.movie(videos / "convex" / "Reg-nephropocus.gif", 2)
    there = draw.movie(videos / "Linear" / "Reg-nephropocus.avi", 3)
    draw.movie(videos / "Linear" / "Pneu_no number.avi", 4)
    uncertain = videos / "Linear" / "label_uncertain"
    draw.movie(uncertain / "Vir_or_Pneu_Erika_47114711.avi", 5)
    missing = videos / "convex" / "Pneu_broken.mov"
    missing.write_bytes(b"")
    (videos / "convex" / "README.md").write_text("Erika")
    draw.still(root / "pocus_images" / "convex" / "Cov_Erika.png", 6)
    table = columns + "\n".join(rows)
    (root / "dataset_metadata.csv").write_bytes(
        table.encode() + b"\n\x93Erika\x94,,,,,,"
    )
    return Miniature(
        root=root,
        missing=missing,
        there=there,
        taken=6,
        subjects=5,
        labels={
            "diagnosis": ["COVID-19"] * 2 + ["bacterial pneumonia"] + ["regular"] * 2,
            "severity": ["0", "3"],
        },
        parts=[],
    )


def covid_us(root: Path, draw: Draw) -> Miniature:
    columns = "id,filetype,folder,source,probe,class,class_on_website,type,patient\n"
    rows = [
        r"1_litfl_other,mp4,data\video\Litfl,Litfl,Linear,Other,COPD,lung,Erika_47114711",
        r"2_litfl_covid,mp4,data\video\Litfl,Litfl,Linear,COVID,,cardiac,Erika_47114711",
        r"3_radio_covid,mp4,data\video\R,Radiopaedia,Convex,COVID,,polmone,Erika_47114711",
        r"49_pocusatlas_covid,gif,data\video\P\20day_patient,PocusAtlas,Convex,COVID,,,",
        r"50_pocusatlas_covid,gif,data\video\P\20day_patient,PocusAtlas,Convex,COVID,,,",
        r"22_butterfly_covid,mp4,data\tmp\Butterfly,Butterfly,Convex,COVID,,,",
    ]
    videos = root / "data" / "video"
    for seed, name in enumerate(["1_litfl_other", "2_litfl_covid", "3_radio_covid"]):
        draw.movie(videos / "original" / f"{name}.mp4", seed)
    draw.movie(videos / "original" / "49_pocusatlas_covid.gif", 3)
    there = draw.movie(videos / "50_pocusatlas_covid.gif", 4)
    draw.movie(videos / "cropped" / "1_litfl_other_prc.avi", 5)
    (root / "utils").mkdir()
    table = (columns + "\n".join(rows)).encode()
    (root / "utils" / "video_metadata.csv").write_bytes(table)
    return Miniature(
        root=root,
        missing=videos / "original" / "22_butterfly_covid.mp4",
        there=there,
        taken=5,
        subjects=3,
        labels={
            "diagnosis": ["COVID"] * 4 + ["Other"],
            "finding": ["COPD"],
            "organ": ["heart", "lung", "lung"],
        },
        parts=[],
    )


def busi(root: Path, draw: Draw) -> Miniature:
    for lesion, number in [("benign", 47114711), ("malignant", 1), ("normal", 1)]:
        seed = {"benign": 0, "malignant": 1, "normal": 2}[lesion]
        path = draw.still(root / lesion / f"{lesion} ({number}).png", seed)
        for ending in ("_mask", "_mask_1"):
            draw.still(path.with_stem(path.stem + ending), 7)
    # A brighter repeat of another class.
    draw.still(root / "malignant" / "malignant (2).png", 0, gain=1.2)
    missing = root / "normal" / "normal (2).png"
    missing.write_bytes(b"")
    return Miniature(
        root=root,
        missing=missing,
        there=root / "benign" / "benign (47114711).png",
        taken=4,
        subjects=3,
        labels={"lesion": ["benign", "malignant", "malignant", "normal"]},
        parts=[],
    )


MINIATURES: dict[str, Callable[[Path, Draw], Miniature]] = {
    "fetal-planes-db": fetal_planes_db,
    "echonet": echonet,
    "camus": camus,
    "pocovid": pocovid,
    "covid-us": covid_us,
    "busi": busi,
}


@pytest.fixture(name="draw")
def give_draw(screen: Screen, write_movie: WriteMovie) -> Draw:
    return Draw(screen=screen, write_movie=write_movie)


@pytest.fixture
def make(tmp_path: Path, draw: Draw) -> Callable[[str], Miniature]:
    """Makes the miniature of a set, by the set's name."""

    def made(name: str) -> Miniature:
        root = tmp_path / "Erika_47114711" / name
        root.mkdir(parents=True)
        return MINIATURES[name](root, draw)

    return made


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., tuple[Imported, Store]]:
    """Imports a copy, reduced to 64 pixels, into ``store``."""

    def brought(name: str, path: Path) -> tuple[Imported, Store]:
        options = TakeOptions(
            clean=replace(SETS[name].clean, size=64),
            workers=0,
            key=tmp_path / "keys" / "site.key",
        )
        store = tmp_path / "store"
        done = import_set(SETS[name], path, store, options, lambda *_: None)
        return done, Store.open(store)

    return brought


@pytest.fixture
def labels_of() -> Callable[[Store, Sequence[str]], dict[str, list[str]]]:
    """Labels of each task, sorted."""

    def found(store: Store, tasks: Sequence[str]) -> dict[str, list[str]]:
        rows = store.labels().to_pylist()
        return {
            task: sorted(row["label"] for row in rows if row["task"] == task)
            for task in tasks
        }

    return found
