"""An audit finds the shortcut that was planted, and none where there is none."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from insonify.audit.audited import load_run
from insonify.audit.run import AuditOptions, run_audit
from insonify.cli.main import run
from insonify.clips.augment import Flip, Photometric
from insonify.clips.sampling import ClipOptions
from insonify.clips.texture import Texture
from insonify.core.audit_rows import AuditRows, read_audit, write_audit
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.video import Frames, Video
from insonify.pretext import (
    AffineTransform,
    Disentangled,
    FrameOrder,
    RelativeTransform,
    SharedViews,
)
from insonify.pretext.warp import Warp
from insonify.recipes import RECIPES, with_size
from insonify.report.page.audit_page import as_html, as_markdown, findings
from insonify.report.tables.audit_table import Verdict, build_verdicts
from insonify.report.tables.options import ReportOptions
from insonify.store import Store, StoreSettings
from insonify.train.options import PretrainOptions
from insonify.train.pretrain import pretrain
from insonify.train.run_folder import RunFolder

SIZE = (32, 40)
CLIPS = ClipOptions(size=SIZE, crop=(1.0, 1.0), jitter_px=0.0)
REPORT = ReportOptions(resamples=1000)


def clock(frames_THW: Frames) -> Frames:
    """A corner that grows brighter with time, in a picture that does not."""
    shown = np.minimum(frames_THW, 128)
    levels_T = np.linspace(0, 255, len(shown)).astype(np.uint8)
    shown[:, :14, :14] = levels_T[:, None, None]
    return shown


def drift(frames_THW: Frames) -> Frames:
    """The whole picture grows brighter with time."""
    share_T = np.linspace(0.3, 1, len(frames_THW))
    return (frames_THW * share_T[:, None, None]).astype(np.uint8)


def fence(frames_THW: Frames) -> Frames:
    """A bright rectangle that does not move, just inside the views' edges."""
    shown = np.minimum(frames_THW, 128)
    edge = np.zeros(shown.shape[1:], bool)
    edge[18:-18, 23:-23] = True
    edge[22:-22, 27:-27] = False
    shown[:, edge] = 255
    return shown


def planted(
    path: Path,
    new_video: Callable[..., Video],
    change: Callable[[Frames], Frames] | None,
) -> Store:
    store = Store.create(path, StoreSettings())
    entries = []
    for number in range(18):
        video = new_video(number, subject=f"s-{number // 2}", texture=4.0)
        if change is not None:
            video = replace(video, frames_THW=change(video.frames_THW.copy()))
        entries.append(store.write_video(video, f"f-{number}"))
    store.commit(entries)
    store.make_split("k", folds=3, task=None, seed=0)
    return Store.open(path)


ORDER = PretrainOptions(
    recipe="planted",
    encoder="resnet10_half",
    clips=CLIPS,
    order=FrameOrder(size=SIZE),
    transform=None,
    flip=Flip(probability=0),
    photometric=Photometric(gamma=0, gain=0, slope=0),
    batch=16,
    steps=120,
    split="k",
    probe_every=1000,
)
TRANSFORM = replace(
    ORDER, order=None, transform=AffineTransform(size=SIZE, frames=1), batch=32
)

LONG = replace(ORDER, steps=240)
"""An order is learnt late, and on other machines later."""


def audit(
    store: Store, run: Path, options: PretrainOptions, clips: int = 512
) -> AuditRows:
    pretrain(store, run, options, lambda _: None)
    how = AuditOptions(clips=clips)
    return run_audit(store, load_run(run, store), how, lambda *_: None)


def skills(verdict: Verdict) -> dict[str, float]:
    return {each.condition.name: each.skill.low for each in verdict.skills}


@pytest.mark.parametrize(
    ("plant", "options", "condition"),
    [
        (clock, LONG, "border alone"),
        (drift, LONG, "grey levels alone"),
        (fence, TRANSFORM, "border alone"),
    ],
    ids=["clock", "drift", "border"],
)
def test_a_planted_shortcut_is_found(
    tmp_path: Path,
    new_video: Callable[..., Video],
    plant: Callable[[Frames], Frames],
    options: PretrainOptions,
    condition: str,
) -> None:
    store = planted(tmp_path / "store", new_video, plant)
    (verdict,) = build_verdicts(audit(store, tmp_path / "run", options), REPORT)
    assert skills(verdict)[condition] > 0
    assert verdict.anatomy is not None
    assert verdict.anatomy.high < 0.9
    assert any(f"Shortcut: {condition!r}" in said for said in findings(verdict))


def test_none_is_found_where_none_is(
    tmp_path: Path, new_video: Callable[..., Video]
) -> None:
    store = planted(tmp_path / "store", new_video, None)
    (verdict,) = build_verdicts(audit(store, tmp_path / "run", TRANSFORM), REPORT)
    for condition in ("border alone", "grey levels alone"):
        assert skills(verdict)[condition] <= 0


BOTH = replace(ORDER, transform=AffineTransform(size=SIZE, frames=1), batch=4, steps=2)
SPLIT_HALVES = replace(
    BOTH,
    order=None,
    transform=None,
    disentangled=Disentangled(
        order=FrameOrder(size=SIZE), transform=AffineTransform(size=SIZE)
    ),
)
STACKS = replace(
    BOTH,
    order=FrameOrder(size=SIZE, input="channels"),
    transform=AffineTransform(size=SIZE, input="channels"),
)


SHARED = replace(
    BOTH,
    order=None,
    transform=None,
    shared_views=SharedViews(
        order=FrameOrder(size=SIZE, reading="path"),
        relative=RelativeTransform(warp=Warp(size=SIZE), shown=4),
    ),
)


@pytest.fixture
def store(tmp_path: Path, new_video: Callable[..., Video]) -> Store:
    return planted(tmp_path / "store", new_video, None)


@pytest.mark.parametrize(
    "options",
    [BOTH, SPLIT_HALVES, STACKS, SHARED],
    ids=["both", "disentangled", "stacks", "shared"],
)
def test_every_kind_of_recipe_is_audited(
    store: Store, tmp_path: Path, options: PretrainOptions
) -> None:
    found = audit(store, tmp_path / "run", options, clips=8)
    order, transform = build_verdicts(found, REPORT)
    assert order.question.classes[0] == "1-2-3-4"
    assert [part.name for part in transform.by_answer][:2] == ["rotation", "scale"]
    assert order.clips == transform.clips == sum(p.clips for p in order.by_motion)
    names = {each.condition.name for each in transform.skills}
    assert ("registration" in names) == (options in (BOTH, STACKS, SHARED))
    names = {each.condition.name for each in order.skills}
    assert {"real", "still", "shortest path"} <= names
    assert "still" not in {each.condition.name for each in transform.skills}


def test_a_loaded_run_answers_as_it_did_when_it_was_trained(
    store: Store, tmp_path: Path
) -> None:
    """Real clips: as the last look at held-out subjects, on the same clips."""
    options = replace(STACKS, steps=4, probe_every=4, batch=4)
    found = audit(store, tmp_path / "run", options, clips=8 * 4)
    order = found.of("order", "real")
    truth, answer = order["truth"].to_pylist(), order["answer"].to_pylist()
    right = np.mean([t == a for t, a in zip(truth, answer, strict=True)])
    seen = RunFolder(tmp_path / "run").metrics()[-1]
    assert right == pytest.approx(seen["held_out.order.accuracy"])


def test_clips_may_be_asked_about_as_they_were_trained_on(
    store: Store, tmp_path: Path
) -> None:
    """With changes of brightness alone the network is given other images, each time
    the same ones; without any nothing changes."""
    levels = replace(BOTH, photometric=Photometric(gamma=2.0))
    for name, options in (("changed", levels), ("plain", BOTH)):
        plain = audit(store, tmp_path / name, options, clips=8)
        run = load_run(tmp_path / name, store)
        how = AuditOptions(clips=8, as_trained=True)
        found = [run_audit(store, run, how, lambda *_: None) for _ in range(2)]
        assert found[0].rows.equals(found[1].rows)
        said = [
            np.array(each.of("transform", "real")["answer"].to_pylist())
            for each in (plain, found[0])
        ]
        known = [each.of("order", "shortest path") for each in (plain, found[0])]
        assert np.allclose(said[0], said[1], atol=2e-3) == (name == "plain")
        assert (known[0]["answer"] == known[1]["answer"]) == (name == "plain")


def test_the_same_question_is_asked_twice(store: Store, tmp_path: Path) -> None:
    first = audit(store, tmp_path / "run", BOTH, clips=8)
    again = audit(store, tmp_path / "run", BOTH, clips=8)
    assert first.rows.equals(again.rows)


def test_an_audit_file_comes_back(store: Store, tmp_path: Path) -> None:
    found = audit(store, tmp_path / "run", BOTH, clips=8)
    write_audit(tmp_path / "a.parquet", found)
    again = read_audit(tmp_path / "a.parquet")
    assert again.rows.equals(found.rows)
    assert (again.questions, again.conditions) == (found.questions, found.conditions)


def test_pages_say_every_condition(store: Store, tmp_path: Path) -> None:
    found = audit(store, tmp_path / "run", BOTH, clips=8)
    verdicts = build_verdicts(found, REPORT)
    for text in (as_html(verdicts, found.facts), as_markdown(verdicts, found.facts)):
        assert all(each.name in text for each in found.conditions)
        assert "not learnt" in text


def test_wrong_runs_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no finished run"):
        load_run(tmp_path, store)
    pretrain(store, tmp_path / "all", replace(BOTH, split=None), lambda _: None)
    with pytest.raises(ConfigError, match="--split"):
        load_run(tmp_path / "all", store)
    pretrain(store, tmp_path / "run", BOTH, lambda _: None)
    with pytest.raises(ConfigError, match="another store"):
        load_run(tmp_path / "run", Store.create(tmp_path / "other", StoreSettings()))
    with pytest.raises(ConfigError, match="at least 1"):
        AuditOptions(clips=0)


def test_the_command_writes_a_page_once(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pretrain(store, tmp_path / "run", BOTH, lambda _: None)
    line = ["audit", str(store.path), str(tmp_path / "run"), "--clips", "8"]
    assert run(line) == 0
    assert "<!doctype html>" in (tmp_path / "run" / "audit.html").read_text()
    assert (tmp_path / "run" / "audit.parquet").exists()
    assert run(line) == 2
    assert "exists" in capsys.readouterr().err
    assert run([*line, "--overwrite"]) == 0
    assert run([*line, "--out", str(tmp_path / "a.json")]) == 0
    assert json.loads((tmp_path / "a.json").read_text())["facts"]["recipe"] == "planted"
    assert run([*line, "--out", str(tmp_path / "a.pdf")]) == 2


def test_the_answers_that_were_kept_are_reported_again(
    store: Store, tmp_path: Path
) -> None:
    pretrain(store, tmp_path / "run", BOTH, lambda _: None)
    page, again = tmp_path / "page.md", tmp_path / "again.md"
    line = ["audit", str(store.path), str(tmp_path / "run"), "--clips", "8"]
    assert run([*line, "--out", str(page)]) == 0
    rows = str(tmp_path / "page.parquet")
    assert run(["report", rows, "--out", str(again)]) == 0
    assert again.read_text() == page.read_text()


@pytest.mark.parametrize(
    ("name", "question", "classes"),
    [
        ("verification", "verification", 2),
        ("vcop", "full order", 24),
        ("pace", "pace", 3),
        ("rotation", "rotation", 4),
        ("jigsaw", "jigsaw", 24),
    ],
)
def test_puzzles_are_audited_and_a_still_clip_only_empties_those_of_time(
    store: Store, tmp_path: Path, name: str, question: str, classes: int
) -> None:
    options = with_size(RECIPES[name](), SIZE)
    options = replace(options, batch=4, steps=1, split="k")
    found = audit(store, tmp_path / "run", options, clips=8)
    (asked,) = found.questions
    assert (asked.name, len(asked.classes)) == (question, classes)
    still = len(found.of(question, "still"))
    assert still == (8 if name in ("verification", "vcop", "pace") else 0)
    assert len(found.of(question, "real")) == 8
    (verdict,) = build_verdicts(found, REPORT)
    assert question in as_markdown((verdict,), found.facts)


@pytest.mark.parametrize("name", ["insonify", "simclr", "byol", "dino", "uscl"])
def test_embeddings_are_asked_to_find_a_clip_among_those_of_a_batch(
    store: Store, tmp_path: Path, name: str
) -> None:
    options = with_size(RECIPES[name](), SIZE)
    options = replace(options, batch=4, steps=1, split="k")
    found = audit(store, tmp_path / "run", options, clips=8)
    (asked,) = found.questions
    assert (asked.name, asked.choices) == ("retrieval", 4)
    truth = found.of("retrieval", "real")["truth"].to_pylist()
    assert sorted(truth) == sorted([[float(place)] for place in range(4)] * 2)
    (verdict,) = build_verdicts(found, REPORT)
    assert not verdict.by_answer
    for text in (as_html, as_markdown):
        assert "likest pixels" in text((verdict,), found.facts)


def test_a_clip_is_found_by_its_brightness_if_that_is_all_that_differs(
    tmp_path: Path, new_video: Callable[..., Video]
) -> None:
    """Planted: every recording has a brightness of its own, and no frame a jitter."""
    levels = iter(np.linspace(0.2, 1, 18))

    def shaded(frames_THW: Frames) -> Frames:
        dimmed: Frames = (frames_THW * next(levels)).astype(np.uint8)
        return dimmed

    store = planted(tmp_path / "store", new_video, shaded)
    options = replace(
        with_size(RECIPES["insonify"](), SIZE),
        encoder=ORDER.encoder,
        clips=CLIPS,
        photometric=ORDER.photometric,
        texture=Texture(),
        batch=12,
        steps=40,
        split="k",
        probe_every=1000,
    )
    (verdict,) = build_verdicts(audit(store, tmp_path / "run", options), REPORT)
    assert skills(verdict)["grey levels alone"] > 0
    assert any("Shortcut: 'grey levels alone'" in each for each in findings(verdict))
