"""No identifier that is planted in an input is found in what leaves ingest."""

import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from plotly.offline import get_plotlyjs

from insonify.cli.main import run
from insonify.phantom.write import MARK, write_movie
from insonify.store import Store
from tests.ingest.conftest import dataset
from tests.ingest.formats.healthy_files import KINDS, dicom_file, healthy, small_THW

SECRETS: Final = ("Erika", "Mustermann", "MRN-4711", "19991231", "1999-12-31")


def write_all(folder: Path) -> int:
    """Files of every kind, in folders and archives, good and broken; their number."""
    folder.mkdir(parents=True)
    for kind in KINDS:
        name = f"Mustermann_MRN-4711_{kind}.bin"
        (folder / name).write_bytes(healthy(kind))
        (folder / f"broken {name}").write_bytes(healthy(kind)[:-40])
    cine = dataset(
        small_THW(),
        PatientName="Mustermann^Erika",
        InstitutionName="Clinic of Mustermann",
        StudyDescription="Erika, 1999-12-31",
    )
    named = dicom_file(cine)
    (folder / "Erika.dcm").write_bytes(named)
    # The length of the text runs on over the name that follows it.
    (folder / "overrun.dcm").write_bytes(named.replace(b"CS\x02\0US", b"CS\xff\0US"))
    words = PngInfo()
    words.add_text("Patient", "Mustermann, Erika; MRN-4711; 1999-12-31")
    Image.fromarray(small_THW()[0]).save(folder / "Erika.png", pnginfo=words)
    with zipfile.ZipFile(folder / "Mustermann.zip", "w") as archive:
        archive.writestr("Erika/MRN-4711.dcm", named + b"\0")
        archive.writestr("../Erika.dcm", named)
        archive.comment = b"MRN-4711"
    return 2 * len(KINDS) + 5


def found_in(folder: Path) -> list[str]:
    """Where a secret is, in the content or in the name of a file."""
    library = get_plotlyjs().encode()  # a page holds it, with many numbers in it
    return [
        f"{secret} in {path.relative_to(folder)}"
        for path in folder.rglob("*")
        for secret in SECRETS
        if secret in path.name
        or (
            path.is_file()
            and secret.encode() in path.read_bytes().replace(library, b"")
        )
    ]


def _content(path: Path, library: bytes) -> bytes:
    return path.read_bytes().replace(library, b"") if path.is_file() else b""


@pytest.mark.parametrize("workers", [0, 2])
def test_no_identifier_leaves_ingest(
    workers: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = write_all(tmp_path / "in" / "Erika Mustermann" / "1999-12-31")
    out = tmp_path / "out"
    words = ["ingest", str(tmp_path / "in"), str(out / "store"), "--rate-hz", "20"]
    words += ["--key", str(tmp_path / "site" / "key"), "--subjects-from", "folder"]
    words += ["--area", "full", "--sign-off", str(out / "sign-off")]
    assert run([*words, "--workers", str(workers)]) == 0
    assert run(["triage", str(out / "store"), "--out", str(out / "page.html")]) == 0
    told = "".join(capfd.readouterr())
    store = Store.open(out / "store")
    assert len(store.known_files()) == files
    assert len(store.videos()) >= len(KINDS) // 2
    assert len(store.rejects()) >= len(KINDS) // 2
    assert len(list((out / "sign-off").glob("*.jpg"))) > 0
    assert found_in(out) == []
    assert [secret for secret in SECRETS if secret in told] == []


def test_what_a_movie_says_of_itself_stays_out_of_the_store(tmp_path: Path) -> None:
    frames = [np.repeat(frame_HW[..., None], 3, 2) for frame_HW in small_THW()]
    (tmp_path / "in" / "one").mkdir(parents=True)
    write_movie(tmp_path / "in" / "one" / "a.mp4", frames, 20.0)
    assert MARK["title"].encode() in (tmp_path / "in" / "one" / "a.mp4").read_bytes()
    words = ["ingest", str(tmp_path / "in"), str(tmp_path / "out" / "store")]
    words += ["--key", str(tmp_path / "site" / "key"), "--subjects-from", "folder"]
    words += ["--area", "full", "--sign-off", str(tmp_path / "out" / "sign-off")]
    assert run([*words, "--workers", "0"]) == 0
    assert len(Store.open(tmp_path / "out" / "store").videos()) == 1
    for path in (tmp_path / "out").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(value.encode() in content for value in MARK.values())
