"""What holds of every published set."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from insonify.core.errors import ConfigError, StoreError
from insonify.ingest.public.sets import SETS, Imported, SetName
from insonify.store import Store

Make = Callable[[str], Any]
Bring = Callable[[str, Path], tuple[Imported, Store]]
LabelsOf = Callable[[Store, Sequence[str]], dict[str, list[str]]]
SECRETS = ("Erika", "ERIKA", "47114711")


@pytest.mark.parametrize("name", SETS)
def test_all_of_a_copy_is_taken_or_refused(
    name: str, make: Make, bring: Bring, labels_of: LabelsOf, tmp_path: Path
) -> None:
    copy = make(name)
    # One folder above the set's own, as archives unpack.
    imported, store = bring(name, copy.root.parent)
    summary = imported.summary
    assert (summary.taken, len(summary.rejects)) == (copy.taken, 1)
    assert summary.files == copy.taken + 1
    videos = store.videos().to_pylist()
    assert len({video["subject"] for video in videos}) == copy.subjects
    assert labels_of(store, store.tasks()) == copy.labels
    parts = store.split("published").parts if store.splits() else {}
    assert sorted(parts.values()) == copy.parts
    subjects = {video["subject"] for video in videos}
    assert not parts or subjects <= set(parts)
    terms = json.loads((store.path / "terms" / f"{name}.json").read_text())
    assert terms["citation"] == SETS[name].citation
    for path in (tmp_path / "store").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(secret in path.name for secret in SECRETS)
        assert not any(secret.encode() in content for secret in SECRETS)
    assert not any(secret in " ".join(imported.remarks) for secret in SECRETS)


@pytest.mark.parametrize("name", SETS)
def test_what_was_missing_is_added_later(name: str, make: Make, bring: Bring) -> None:
    copy = make(name)
    bring(name, copy.root)
    again, _ = bring(name, copy.root)
    assert (again.summary.known, again.summary.refused_before) == (copy.taken, 1)
    # Other bytes than the file that it is a copy of: the same would be refused.
    shutil.copy(copy.there, copy.missing)
    with copy.missing.open("ab") as file:
        file.write(b"\0" * 8)
    later, store = bring(name, copy.root)
    assert later.summary.taken == 1
    assert len(store.videos()) == copy.taken + 1


@pytest.mark.parametrize("name", SETS)
def test_another_layout_is_refused(name: str, make: Make, tmp_path: Path) -> None:
    public = SETS[name]
    with pytest.raises(ConfigError, match="no such folder"):
        public.contents(tmp_path / "nothing")
    root = make(name).root
    lost = root / public.wanted[-1]
    lost.rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError) as refusal:
        public.contents(root)
    for words in (public.title, f"{public.wanted[-1]} not found", public.site):
        assert words in str(refusal.value)


def test_subjects_of_two_sets_never_meet(make: Make, bring: Bring) -> None:
    lungs, planes = make("pocovid"), make("fetal-planes-db")  # both have a 47114711
    bring("pocovid", lungs.root)
    _, store = bring("fetal-planes-db", planes.root)
    subjects = set(store.videos()["subject"].to_pylist())
    assert len(subjects) == lungs.subjects + planes.subjects
    with pytest.raises(StoreError, match="exists and differs"):
        bring("echonet", make("echonet").root)
    assert len(store.videos()) == lungs.taken + planes.taken


def test_the_command_line_knows_every_set() -> None:
    assert set(get_args(SetName)) == set(SETS)
