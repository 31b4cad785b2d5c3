"""``insonify render`` as a user runs it, with identifiers planted in its sources."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from scipy import ndimage

from insonify.cli.main import run
from insonify.core.video import Box
from insonify.ingest.deidentify import site_key
from insonify.phantom.write import Header, write_cine, write_movie
from insonify.store import Store
from tests.deploy.conftest import save_small, small_checkpoint, spot_store

NAME, PATIENT, DATE = "DOE^JANE", "MRN-48151623", "19991231"
FAST = "--decoder.steps 5 --decoder.looks 1 --frames-per-video 2"
SMALL = "--width 640"
BOX = Box(40, 30, 136, 158)


def screens(*, text: bool) -> NDArray[np.uint8]:
    """A texture that drifts within BOX, a bright bar of text above it: (T, H, W, 3)."""
    generator = np.random.default_rng(0)
    field = ndimage.gaussian_filter(generator.normal(size=(300, 300)), 3, mode="wrap")
    field = 120 + 60 * field / field.std()
    frames = np.zeros((24, 160, 192, 3), np.uint8)
    for time, frame in enumerate(frames):
        rolled = np.roll(field, (3 * time, 2 * time), (0, 1))[:96, :128]
        frame[BOX.top : BOX.bottom, BOX.left : BOX.right] = rolled[..., None].clip(20)
        if text:
            frame[6:22, 20:150:3] = 255
    return frames


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store, a checkpoint, a mp4 and a DICOM cine, named after a patient."""
    folder = tmp_path_factory.mktemp("render")
    spot_store(folder / "store")
    save_small(folder / "run", small_checkpoint())
    site_key(folder / "site.key")
    for text in (True, False):
        write_movie(folder / f"{NAME}-{text}.mp4", screens(text=text), 20.0)
    header = Header(
        subject=PATIENT,
        exam="1.2.3.4711",
        number=1,
        fps=20.0,
        box=BOX,
        mm_per_px=0.3,
        photometric="MONOCHROME2",
        maker="Acme",
    )
    write_cine(folder / f"{NAME}.dcm", screens(text=True), header)
    cine = dcmread(folder / f"{NAME}.dcm")
    cine.PatientName, cine.StudyDate = NAME, DATE
    cine.save_as(folder / f"{NAME}.dcm")
    return folder


def render(place: Path, scan: str, out: Path, *more: str) -> int:
    """Run the command; heads are learnt once for the module unless others are named."""
    line = f"render {scan} {place / 'run'} {out} --key {place / 'site.key'} {FAST}"
    if not {"--heads", "--task", "--split"} & {*more}:
        line += f" --heads {place / 'kept'}"
    return run([*line.split(), *SMALL.split(), *more])


def pictures(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as container:
        decoded = container.decode(video=0)
        return np.stack([frame.to_ndarray(format="rgb24") for frame in decoded])


def test_a_video_of_a_store(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scan.mp4"
    scan = f"{place / 'store'}::v-0003"
    assert render(place, scan, out, "--truth") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "12 frames" in said
    assert "Left out" not in said
    subject = "s-1"
    roles = Store.open(place / "store").split("three").roles(0)
    assert ("SEEN IN TRAINING" in said) == (subject not in roles.test)
    assert render(place, scan, out) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert render(place, scan, out, "--overwrite") == 0


@pytest.mark.parametrize("ending", ["-True.mp4", ".dcm"])
def test_no_identifier_leaves_a_file(
    place: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    store = ("--store", str(place / "store"))
    assert render(place, str(place / f"{NAME}{ending}"), out, *store) == 0
    said = capsys.readouterr().out
    data = out.read_bytes()
    for secret in (NAME, "JANE", PATIENT, DATE, "1.2.3.4711", str(place)):
        assert secret.encode() not in data
        assert secret not in said
    with av.open(str(out)) as container:
        found = container.metadata | container.streams.video[0].metadata
    assert set(found) == {
        *("major_brand", "minor_version", "compatible_brands", "comment"),
        *("language", "handler_name"),
    }


def test_burned_in_text_is_not_drawn(place: Path, tmp_path: Path) -> None:
    """The same pictures, but for coding noise, come of a screen without the text."""
    drawn = []
    store = ("--store", str(place / "store"))
    for text in (True, False):
        out = tmp_path / f"{text}.mp4"
        source = str(place / f"{NAME}-{text}.mp4")
        area = ("--area", *(str(side) for side in BOX))
        assert render(place, source, out, *store, *area, "--opacity", "0") == 0
        drawn.append(pictures(out).astype(int)[:, :340, :390])
    assert np.abs(drawn[0] - drawn[1]).mean() < 1.5


def test_a_refused_file_is_refused_with_its_reason(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "JANE.mp4"
    whole = (place / f"{NAME}-True.mp4").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "out.mp4"
    assert render(place, str(broken), out, "--store", str(place / "store")) == 2
    refusal = " ".join(capsys.readouterr().err.split())
    assert run(["inspect", str(broken)]) == 1
    reason = refusal.removeprefix("insonify: ")
    shown = capsys.readouterr().out.replace("│", " ").replace("┃", " ")
    assert reason[:40] in " ".join(shown.split())
    assert not out.exists()


def test_kept_heads_need_no_store(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, out = tmp_path / "heads", tmp_path / "out.mp4"
    source = str(place / f"{NAME}-True.mp4")
    heads = ("--heads", str(kept), "--overwrite")
    assert render(place, source, out, *heads) == 2
    assert "--store STORE" in capsys.readouterr().err
    store = ("--store", str(place / "store"))
    assert render(place, source, out, *heads, *store) == 0
    first = pictures(out)
    assert render(place, source, out, *heads) == 0
    np.testing.assert_array_equal(pictures(out), first)
    assert render(place, source, out, *heads, "--fold", "1") == 2
    assert "fold 0" in " ".join(capsys.readouterr().err.split())
    other = save_small(tmp_path / "run", small_checkpoint(seed=8))
    line = f"render {source} {other} {out} --heads {kept} --overwrite"
    assert run(line.split()) == 2
    assert "another encoder" in " ".join(capsys.readouterr().err.split())


def test_whose_a_file_is_comes_from_its_content(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, key = place / f"{NAME}-True.mp4", place / "site.key"
    table, taken = tmp_path / "subjects.csv", tmp_path / "taken"
    table.write_text(f"path,subject\n{source.name},{PATIENT}\n")
    line = f"ingest {source} {taken} --subjects {table} --workers 0 --key {key}"
    assert run(line.split()) == 0
    store = Store.open(taken)
    (subject,) = store.frames().subjects
    store.assign("one", {subject: "train"})
    for number, (subjects, said) in enumerate(
        [
            ([subject], "SEEN IN TRAINING: this subject took part in pretraining"),
            (["s-another"], "Not seen in training."),
        ]
    ):
        saved = save_small(
            tmp_path / f"run-{number}", small_checkpoint(subjects=subjects)
        )
        out = tmp_path / f"{number}.mp4"
        line = f"render {source} {saved} {out} --store {taken} --key {key}"
        capsys.readouterr()
        assert run(line.split()) == 0
        found = " ".join(capsys.readouterr().out.split())
        assert said in found
        assert "Left out: planes: the store has no labels." in found
    # The same file means nothing to a site with another key.
    site_key(tmp_path / "other.key")
    line = f"{line} --overwrite --key {tmp_path / 'other.key'}"
    assert run(line.split()) == 0
    assert "unknown for pretraining" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("scan", "more", "said"),
    [
        ("{store}::v-9999", (), "no video 'v-9999'"),
        ("{mp4}", ("--truth",), "STORE::VIDEO"),
        ("{mp4}", ("--view", "3"), "1 image(s)"),
        ("{store}::v-0003", ("--task", "organ"), "no labels of task 'organ'"),
        ("{store}::v-0003", ("--split", "ten"), "no split 'ten'"),
        ("{mp4}", ("--key", "no.key"), "no such file"),
    ],
)
def test_mistakes_are_told(
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    scan: str,
    more: tuple[str, ...],
    said: str,
) -> None:
    store = place / "store"
    scan = scan.format(store=store, mp4=place / f"{NAME}-True.mp4")
    out = tmp_path / "out.mp4"
    assert render(place, scan, out, "--store", str(store), *more) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()


def test_only_mp4_is_written(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(place, f"{place / 'store'}::v-0003", tmp_path / "a.avi") == 2
    assert ".mp4" in capsys.readouterr().err
