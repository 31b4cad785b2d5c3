from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.ingest.area import profiles as module
from insonify.ingest.area.profiles import Profiles, add_profile
from insonify.ingest.area.shapes import Outline, Polygon, Sector
from insonify.ingest.recording import Recording

SECTOR = Sector(apex=(-40.5, 512.0), radii=(90.0, 700.0), angles=(-32.0, 32.25))


def recording(
    shape: tuple[int, int] = (768, 1024), facts: Mapping[str, str] | None = None
) -> Recording:
    return Recording(
        frames=lambda: iter(()),
        shape_HW=shape,
        container="dicom",
        timing="made up",
        facts={**(facts or {})},
    )


DEVICE = {"Manufacturer": "Maker GmbH", "ManufacturerModelName": "Scan 3"}


def read(path: Path, text: str) -> Profiles:
    path.write_text(text)
    return Profiles.read(path)


def test_the_example_in_the_documentation_is_one(tmp_path: Path) -> None:
    text = (module.__doc__ or "").split("::\n")[1]
    profiles = read(tmp_path / "p.yaml", text.replace("\n    ", "\n"))
    assert len(profiles.entries) == 3
    example = recording(
        facts={"Manufacturer": "EXAMPLE ", "ManufacturerModelName": "scan 3"}
    )
    (sector,) = profiles.find(example, Path("a.dcm"))
    assert sector == Sector(apex=(-40.5, 512), radii=(90, 700), angles=(-32, 32))
    movie = replace(recording((480, 640)), container="mov")
    (polygon,) = profiles.find(movie, Path("a.mov"))
    assert isinstance(polygon, Polygon)
    assert polygon.mask((480, 640))[200, 320]
    assert profiles.find(movie, Path("site-b/x/a.mov")) == (
        Box(60, 30, 700, 500),
        Box(60, 520, 700, 990),
    )


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ("manufacturer: maker gmbh", True),
        ("manufacturer: Maker", False),
        ("model: Scan 3", True),
        ("{manufacturer: Maker GmbH, model: Scan 4}", False),
        ("container: dicom", True),
        ("container: mov", False),
        ("shape: [768, 1024]", True),
        ("shape: [1024, 768]", False),
        ("folder: site/*", True),
        ("folder: site/a", True),
        ("folder: site", False),
        ("folder: other/*", False),
    ],
)
def test_all_that_a_match_names_must_fit(
    match: str, fits: bool, tmp_path: Path
) -> None:
    match = match if match.startswith("{") else f"{{{match}}}"
    text = f"- match: {match}\n  area: {{box: [0, 0, 50, 60]}}\n"
    found = read(tmp_path / "p.yaml", text).find(
        recording(facts=DEVICE), Path("site/a/0.dcm")
    )
    assert found == ((Box(0, 0, 50, 60),) if fits else ())


def test_what_a_file_does_not_say_fits_no_name(tmp_path: Path) -> None:
    text = "- {match: {manufacturer: ''}, area: {box: [0, 0, 50, 60]}}"
    assert read(tmp_path / "p.yaml", text).find(recording(), Path("a.dcm")) == ()


def test_the_first_that_matches_counts(tmp_path: Path) -> None:
    text = """
    - {match: {model: Scan 4}, area: {box: [0, 0, 40, 40]}}
    - {match: {model: Scan 3}, area: {box: [0, 0, 50, 50]}}
    - {match: {container: dicom}, area: {box: [0, 0, 60, 60]}}
    """
    profiles = read(tmp_path / "p.yaml", text)
    assert profiles.find(recording(facts=DEVICE), Path("a")) == (Box(0, 0, 50, 50),)
    assert profiles.find(recording(), Path("a")) == (Box(0, 0, 60, 60),)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("match: {modell: X}\n  area: {box: [0, 0, 9, 9]}", "entry 2.match.*'modell'"),
        ("match: {}\n  area: {box: [0, 0, 9, 9]}", "entry 2.match.*every recording"),
        ("area: {box: [0, 0, 9, 9]}", "entry 2: option 'match' is missing"),
        ("match: {model: X}", "entry 2: option 'area' is missing"),
        ("match: {model: X}\n  area: []", "entry 2: area.*one shape or more"),
        ("match: {model: X}\n  area: {circle: 3}", r"entry 2.area\[0\].*'circle'"),
        ("match: {model: X}\n  area: {box: [0, 0, 9]}", r"area\[0\].box.*4 values"),
        ("match: {model: X}\n  area: {box: [9, 0, 9, 9]}", "holds no pixel"),
        (
            "match: {model: X}\n  area: {box: [0, 0, 9, 9], polygon: []}",
            "found box and polygon",
        ),
        ("match: {model: X}\n  area: {}", "found none"),
        ("match: {model: X}\n  area: {polygon: [[0, 0], [1, 1]]}", "three corners"),
        (
            "match: {model: X}\n  area: {sector: {apex: [0, 0], radii: [1, 2]}}",
            r"area\[0\].sector: option 'angles' is missing",
        ),
        ("match: {shape: [1.5, 2]}\n  area: {box: [0, 0, 9, 9]}", "match.shape"),
        ("Erika", "entry 2"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_number_and_key(
    entry: str, message: str, tmp_path: Path
) -> None:
    first = "- {match: {model: Y}, area: {box: [0, 0, 9, 9]}}\n"
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path / "p.yaml", f"{first}- {entry}\n")
    assert str(caught.value).startswith(str(tmp_path / "p.yaml"))


def test_what_is_no_list_of_profiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Profiles.read(tmp_path / "p.yaml")
    for text, message in (
        ("match: {}", "wanted a list"),
        ("- [", "line 1: not YAML"),
        ("- !!python/object/apply:os.getcwd []", "not YAML"),
    ):
        with pytest.raises(ConfigError, match=message):
            read(tmp_path / "p.yaml", text)
    (tmp_path / "p.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Profiles.read(tmp_path / "p.yaml")
    assert read(tmp_path / "p.yaml", "# none yet\n").entries == ()


@pytest.mark.parametrize(
    "outlines",
    [
        (Box(1, 2, 300, 400),),
        (SECTOR,),
        (Polygon(corners=((0.25, 1.0), (5.5, 40.0), (50.0, 3.0))),),
        (Box(0, 0, 90, 90), Box(0, 100, 90, 190)),
    ],
)
def test_what_is_saved_is_found_again(
    outlines: tuple[Outline, ...], tmp_path: Path
) -> None:
    path, device = tmp_path / "new" / "p.yaml", recording(facts=DEVICE)
    add_profile(path, device, outlines)
    profiles = Profiles.read(path)
    assert profiles.find(device, Path("anywhere/a.dcm")) == outlines
    other = replace(device, shape_HW=(480, 640))
    assert profiles.find(other, Path("anywhere/a.dcm")) == ()


def test_a_saved_shape_is_the_found_one_to_a_hundredth_of_a_pixel(
    tmp_path: Path,
) -> None:
    fitted = Sector(apex=(-1 / 3, 20 / 3), radii=(0.0, 90.12345), angles=(-1 / 7, 40))
    add_profile(tmp_path / "p.yaml", recording(), (fitted,))
    (saved,) = Profiles.read(tmp_path / "p.yaml").find(recording(), Path("a"))
    assert isinstance(saved, Sector)
    assert np.abs(np.subtract(saved.apex, fitted.apex)).max() <= 0.005
    assert saved.radii == (0.0, 90.12)


def test_saving_appends_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    before = "# ours\n- {match: {folder: x/*}, area: {box: [0, 0, 40, 40]}}  # theirs"
    path.write_text(before)
    add_profile(path, recording(facts=DEVICE), (SECTOR,))
    assert path.read_text().startswith(before)
    add_profile(path, recording((480, 640), DEVICE), (SECTOR,))
    saved = path.read_text()
    assert len(Profiles.read(path).entries) == 3
    with pytest.raises(ConfigError, match="entry 2 is for this device"):
        add_profile(path, recording(facts=DEVICE), (Box(0, 0, 50, 50),))
    assert path.read_text() == saved


def test_a_file_that_cannot_be_appended_to_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    flow = "[{match: {model: X}, area: {box: [0, 0, 40, 40]}}]\n"
    path.write_text(flow)
    with pytest.raises(ConfigError, match="at the start of a line"):
        add_profile(path, recording(facts=DEVICE), (SECTOR,))
    assert path.read_text() == flow
