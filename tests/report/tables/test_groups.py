"""Groupings of stores and CSV files, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from insonify.core.errors import ReportError
from insonify.core.video import Video
from insonify.report.tables.groups import groups_of_store, read_groups
from insonify.store import Store, StoreSettings

Facts = dict[str, str | int | float]
EVERY = {f"v-{number}" for number in range(21)}


@pytest.fixture
def store_of(tmp_path: Path, new_video: Callable[..., Video]) -> Callable[..., Store]:
    """Makes a store of videos of which some facts are known."""

    def make(facts: list[Facts]) -> Store:
        store = Store.create(tmp_path / "store", StoreSettings(codec="raw"))
        entries = []
        for number, each in enumerate(facts):
            video = replace(new_video(number), video=f"v-{number}", facts=each)
            entries.append(store.write_video(video, f"f-{number}"))
        store.commit(entries)
        return Store.open(tmp_path / "store")

    return make


def test_a_store_says_which_device_made_a_video(
    store_of: Callable[..., Store],
) -> None:
    maker = {"Manufacturer": "A", "container": "mov"}
    store = store_of(
        [
            maker | {"ManufacturerModelName": "One", "site": "north"},
            maker | {"ManufacturerModelName": "Two"},
            maker,
        ],
    )
    assert groups_of_store(store, EVERY) == {
        "model": {"v-0": "A One", "v-1": "A Two", "v-2": "A"}
    }


def test_only_what_was_tested_is_grouped(store_of: Callable[..., Store]) -> None:
    """A store may know more of other videos than of those that were tested."""
    sites, probes = ("north", "south", "south"), ("linear", "convex", "linear")
    facts: list[Facts] = [
        {"site": site, "probe": probe}
        for site, probe in zip(sites, probes, strict=True)
    ]
    store = store_of(facts)
    assert list(groups_of_store(store, EVERY)) == ["probe", "site"]
    assert groups_of_store(store, {"v-1", "v-2"}) == {
        "probe": {"v-1": "convex", "v-2": "linear"}
    }
    assert groups_of_store(store, {"v-elsewhere"}) == {}


def test_what_has_too_many_values_is_no_grouping(
    store_of: Callable[..., Store],
) -> None:
    facts: list[Facts] = [{"operator": f"o-{n}", "site": f"{n % 2}"} for n in range(21)]
    assert list(groups_of_store(store_of(facts), EVERY)) == ["site"]


def test_what_groups_alike_is_told_once(store_of: Callable[..., Store]) -> None:
    kinds = {"dicom": "jpeg", "mov": "h264"}
    facts: list[Facts] = [
        {"container": kind, "codec": codec, "site": f"{n}"}
        for n in (0, 1)
        for kind, codec in kinds.items()
    ]
    assert list(groups_of_store(store_of(facts), EVERY)) == ["site", "container"]


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_table_is_read_as_it_is(tmp_path: Path) -> None:
    path = write(
        tmp_path / "groups.csv",
        "\ufeffsubject,site,operator\ns-1,north,\n s-2 , south,o-1\ns-1,north,\n",
    )
    assert read_groups(path) == {
        "site": {"s-1": "north", "s-2": "south"},
        "operator": {"s-2": "o-1"},
    }
    path = write(path, "video,device\nv-1,A\n")
    assert read_groups(path) == {"device": {"v-1": "A"}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "columns are none"),
        ("patient,site\n1,a\n", "columns are patient, site; needed are subject"),
        ("subject\ns-1\n", "at least one grouping"),
        ("subject,site\ns-1,a\ns-1,b\n", "line 3: a subject that is in another site"),
        (
            "subject,born\n" + "".join(f"s-{n},{n}\n" for n in range(21)),
            "column born has 21 groups, more than 20",
        ),
    ],
)
def test_what_is_no_table_of_groups_is_refused(
    tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(ReportError, match=found):
        read_groups(write(tmp_path / "groups.csv", text))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="FileNotFoundError"):
        read_groups(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00subject")
    with pytest.raises(ReportError, match="UnicodeDecodeError"):
        read_groups(tmp_path / "binary.csv")
