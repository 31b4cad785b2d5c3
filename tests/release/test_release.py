"""What a release consists of: packages, version, citation, changelog, licences."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from packaging.utils import canonicalize_name

import insonify

ROOT: Final = Path(__file__).resolve().parents[2]
RELEASE: Final = ROOT / "release"

needs_git = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None,
    reason="says what a release is made of",
)


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


@pytest.fixture
def _release_importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its scripts import each other as siblings."""
    monkeypatch.syspath_prepend(str(RELEASE))
    yield
    for name in ("packages", "tree", "licences"):
        sys.modules.pop(name, None)


@needs_git
@pytest.mark.slow
def test_sdist_and_wheel_hold_what_they_should(tmp_path: Path) -> None:
    """Built twice, with the same bytes; compared file by file with the repository."""
    script = RELEASE / "check_wheel.py"
    done = subprocess.run(
        [sys.executable, script, "--contents", "--out", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "insonify/py.typed" in names
    assert "insonify/deploy/review/assets/player.js" in names
    assert not [name for name in names if "test" in Path(name).parts[0]]
    sums = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert len(sums) == 2


@pytest.mark.usefixtures("_release_importable")
def test_what_is_missing_or_too_much_is_found(tmp_path: Path) -> None:
    from packages import wrong_in_sdist, wrong_in_wheel  # noqa: PLC0415

    wheel = tmp_path / "insonify-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("insonify/__init__.py", "")
        archive.writestr("tests/test_a.py", "")
        for name in ("RECORD", "WHEEL", "entry_points.txt", "top_level.txt"):
            archive.writestr(f"insonify-1.dist-info/{name}", "")
        archive.writestr("insonify-1.dist-info/licenses/LICENSE", "")
        archive.writestr(
            "insonify-1.dist-info/METADATA", "Requires-Dist: a @ file:///x"
        )
    files = ["src/insonify/__init__.py", "src/insonify/py.typed", "README.md"]
    assert wrong_in_wheel(wheel, files) == [
        "a dependency by address: Requires-Dist: a @ file:///x",
        "missing: insonify/py.typed",
        "too much: tests/test_a.py",
    ]
    sdist = tmp_path / "insonify-1.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for name in ("README.md", "PKG-INFO", "notes.txt"):
            archive.addfile(tarfile.TarInfo(f"insonify-1/{name}"))
        link = tarfile.TarInfo("insonify-1/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert wrong_in_sdist(sdist, ["README.md", "LICENSE"]) == [
        "no plain file: insonify-1/link",
        "missing: LICENSE",
        "too much: link",
        "too much: notes.txt",
    ]


def test_there_is_one_version() -> None:
    known = project()["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", known)
    assert insonify.__version__ == known
    assert version("insonify") == known
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert str(citation["version"]) == known


def test_the_citation_is_of_the_citation_file_format() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["license"] == project()["license"]
    assert citation["title"] == project()["name"]
    known = {
        *("cff-version", "message", "type", "title", "abstract", "version", "license"),
        *("authors", "keywords", "preferred-citation", "date-released", "identifiers"),
    }
    assert set(citation) <= known
    paper = citation["preferred-citation"]
    assert paper["type"] == "conference-paper"
    assert paper["year"] == 2020
    for work in (citation, paper):
        assert work["title"]
        for author in work["authors"]:
            assert set(author) in ({"name"}, {"given-names", "family-names"})
    assert {each["type"] for each in paper["identifiers"]} <= {"doi", "url", "other"}
    names = [author["family-names"] for author in paper["authors"]]
    assert names == ["Jiao", "Droste", "Drukker", "Papageorghiou", "Noble"]


def test_the_changelog_keeps_its_conventions() -> None:
    """As https://keepachangelog.com says: the newest first, changes in their kinds."""
    text = (ROOT / "CHANGELOG.md").read_text()
    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
    released = rf"{re.escape(project()['version'])} - \d{{4}}-\d\d-\d\d"
    assert re.fullmatch(rf"Unreleased|{released}", sections[0])
    assert all(
        re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", name) for name in sections[1:]
    )
    versions = [tuple(map(int, n.split(" ")[0].split("."))) for n in sections[1:]]
    assert versions == sorted(set(versions), reverse=True)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.usefixtures("_release_importable")
def test_no_hard_dependency_declares_the_gpl() -> None:
    from licences import needed  # noqa: PLC0415

    packages = {each.name: each for each in needed()}
    assert {"torch", "pydicom", "av", "pylance", "tyro", "lightning"} <= set(packages)
    gpl = re.compile(r"\bA?L?GPL|General Public", re.IGNORECASE)
    assert [each for each in packages.values() if gpl.search(each.licence)] == []
    assert gpl.search("GPL-3.0-only")
    assert gpl.search("GNU Lesser General Public License v3")
    undeclared = [name for name, each in packages.items() if each.licence[:3] == "not"]
    assert undeclared in ([], ["cuda-toolkit"])


@pytest.mark.usefixtures("_release_importable")
def test_the_table_of_licences_is_of_the_pinned_versions() -> None:
    from licences import PAGE, needed  # noqa: PLC0415

    text = PAGE.read_text()
    rows = dict(re.findall(r"^\| ([\w.-]+) \| ([\d.]\S*) \|", text, re.MULTILINE))
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, pin = line.partition("==")
        pinned[canonicalize_name(name)] = pin
    unpinned = {"pip", "setuptools"}  # `pip freeze` leaves them out
    assert {n: v for n, v in rows.items() if pinned.get(n) != v} == {
        name: rows[name] for name in unpinned & rows.keys()
    }
    assert {each.name for each in needed()} <= rows.keys()
    for extra in project()["optional-dependencies"].keys() - {"dev"}:
        assert f"## Extra `{extra}`" in text
