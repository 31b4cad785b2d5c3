from pathlib import Path
from typing import Any

import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.labelling import sides as module
from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.labelling.sides import Sides, sides
from insonify.store import Store, StoreSettings
from tests.deploy.labelling.conftest import quick, tiny_video


def test_a_split_says_who_is_held_out(labelled_store: Store) -> None:
    roles = labelled_store.split("three").roles(1)
    found = sides(labelled_store, quick(fold=1))
    assert found.held == roles.test
    assert found.asked == roles.train


def test_subjects_that_came_after_the_split_are_asked(bare_store: Store) -> None:
    new = tiny_video(90, "s-new")
    bare_store.commit([bare_store.write_video(new, "f-90")])
    assert "s-new" in sides(bare_store, quick()).asked


def test_without_a_split_a_subject_stays_where_it_is(bare_store: Store) -> None:
    options = LabellingOptions()
    before = sides(bare_store, options)
    assert before.asked | before.held == set(bare_store.frames().subjects)
    assert not before.asked & before.held
    videos = [tiny_video(90 + k, f"s-new-{k}") for k in range(40)]
    bare_store.commit(
        [bare_store.write_video(video, f"f-{video.video}") for video in videos]
    )
    after = sides(bare_store, options)
    assert before.asked <= after.asked
    assert before.held <= after.held
    assert 5 <= len(after.held) <= 22  # A quarter of 52; 0.1 % of hashes are beyond.


def test_somebody_is_always_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.create(tmp_path / "store", StoreSettings(codec="png"))
    store.commit([store.write_video(tiny_video(0, "s-0"), "f")])
    monkeypatch.setattr(module, "_dealt", lambda _: True)
    found = sides(store, LabellingOptions())
    assert found == Sides(asked=frozenset({"s-0"}), held=frozenset())


def test_a_fold_that_is_not_there_is_refused(labelled_store: Store) -> None:
    with pytest.raises(ConfigError, match="fold 7"):
        sides(labelled_store, quick(fold=7))


@pytest.mark.parametrize(
    "options",
    [{"batch": 0}, {"candidates": 0}, {"apart_s": -1.0}, {"held_frames": 0}],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        LabellingOptions(**options)
