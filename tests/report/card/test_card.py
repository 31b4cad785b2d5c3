"""Cards say what the files say, all of it, and nothing about anybody."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from markdown_it import MarkdownIt
from sklearn.metrics import f1_score, precision_score, recall_score

from insonify.cli.report import Report
from insonify.core.audit_rows import SCHEMA as AUDIT_SCHEMA
from insonify.core.audit_rows import AuditRows, Condition, Question, write_audit
from insonify.core.config import to_plain
from insonify.core.errors import CheckpointError, ConfigError, ReportError
from insonify.core.predictions import SCHEMA, Predictions, write_predictions
from insonify.model.checkpoint import Card as CheckpointCard
from insonify.model.checkpoint import save_checkpoint
from insonify.model.encoder import ARCHITECTURES, Encoder
from insonify.phantom.look import draw_look
from insonify.recipes import RECIPES
from insonify.report.card.card import (
    Sources,
    card_as_html,
    card_as_json,
    card_as_markdown,
    card_beside,
    card_shown,
    make_card,
)
from insonify.report.card.content import NOT_STATED, Card, Stated
from insonify.report.card.data import PHANTOM
from insonify.report.card.limits import limits
from insonify.report.card.run import read_run
from insonify.report.card.text import escaped
from insonify.report.page.inputs import sort_inputs
from insonify.report.page.page import page
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import SHORT
from insonify.report.tables.statistics import draw_subjects
from insonify.report.tables.table import build_table
from insonify.store import Label, Reject, Store, StoreSettings
from insonify.store.gaze import VideoGaze
from tests.conftest import drifting_video

DAY = date(2026, 11, 26)
OPTIONS = ReportOptions(resamples=1000)
CLASSES = ("<b>back|ground*", "fine")
MAKERS = ("SONOPHANT", "A|B")
SPLIT = "folds-3"
THRESHOLDS = json.dumps({"black": 4.0, "gap": 4.0})


def add_videos(store: Store, numbers: range) -> None:
    """Videos of 8 frames each; two a subject, the first of them with a device."""
    entries, labels = [], []
    for number in numbers:
        kept: dict[str, str | int | float] = {"frames_read": 10, "black": 1, "cuts": 0}
        kept |= {"thresholds": THRESHOLDS, "container": "dicom"}
        if number % 2 == 0:
            kept |= {"Manufacturer": MAKERS[number // 2 % 2], "notes": "a note; 2 odd"}
        video = replace(
            drifting_video(number, subject=subject(number // 2), frames=8),
            video=f"v-{number:016x}",
            facts=kept,
        )
        entries.append(store.write_video(video, f"f-{number:016x}"))
        name = CLASSES[number % 2]
        labels.append(Label(video=video.video, task="kind", label=name, end_s=0.2))
    store.commit(entries, labels=labels)


def subject(number: int) -> str:
    return f"s-{number:016x}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Six subjects with a split of three folds, refused files, and gaze on a video."""
    made = Store.create(tmp_path_factory.mktemp("hospital") / "store", StoreSettings())
    add_videos(made, range(12))
    same = "the same content as v-{:016x}, which is in the store"
    reasons = [same.format(1), same.format(2), "no frame is worth keeping (3 black)"]
    rejects = [Reject(file=f"f-r{k}", reason=each) for k, each in enumerate(reasons)]
    made.commit(rejects=rejects)
    made.assign(SPLIT, {subject(number): str(number % 3) for number in range(6)})
    times_s_G = np.arange(0, 0.4, 0.1)
    look = VideoGaze(
        times_s_G=times_s_G,
        points_G2=np.full((len(times_s_G), 2), 30.0),
        sigma_G2=np.full((len(times_s_G), 2), 8.0),
    )
    made.write_gaze({f"v-{0:016x}": look})
    return Store.open(made.path)


def checkpoint_card(store: Store, fold: int) -> CheckpointCard:
    return CheckpointCard(
        architecture="resnet10_half",
        size=(64, 80),
        provenance={
            "recipe": "insonify",
            "channels": 1,
            "seed": 0,
            "steps": 3,
            "store": store.id,
            "split": SPLIT,
            "fold": fold,
            "subjects": sorted(store.split(SPLIT).roles(fold).train),
        },
    )


@pytest.fixture(scope="module")
def run(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as `insonify pretrain` leaves it: three steps, of fold 1."""
    path = tmp_path_factory.mktemp("runs") / "secret-name"
    encoder = Encoder("resnet10_half", mean=0.3, std=0.15)
    tensors = {f"encoder.{k}": v for k, v in encoder.state_dict().items()}
    save_checkpoint(path / "checkpoint", tensors, checkpoint_card(store, 1))
    options = replace(RECIPES["insonify"](), split=SPLIT, fold=1, steps=3)
    config = {"store": store.id, "options": to_plain(options)}
    config["store_versions"] = store.versions
    (path / "config.json").write_text(json.dumps(config))
    environment = {"python": "3.11", "system": "Linux", "packages": {"torch": "2.9"}}
    (path / "environment.json").write_text(json.dumps(environment))
    rows = [{"step": n, "loss": 4.0 - n, "clips_a_second": 24.0} for n in (1, 2, 3)]
    rows[-1]["held_out.knn"] = 0.625
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (path / "metrics.jsonl").write_text(text + '{"step": 4, "lo')
    return path


@pytest.fixture(scope="module")
def predictions(store: Store) -> Predictions:
    """Two recipes and untrained weights on three folds and two seeds of the test."""
    generator = np.random.default_rng(0)
    cards = {
        recipe: [
            {**kept(checkpoint_card(store, fold)), "recipe": recipe, "seed": seed}
            for seed in (0, 7)
            for fold in range(3)
        ]
        for recipe in ("insonify", "other")
    }
    rows = [
        {
            "arm": arm,
            "protocol": protocol,
            "split": SPLIT,
            "fold": number % 3,
            "seed": seed,
            "fraction": 1.0,
            "subject": subject(number),
            "video": f"v-{2 * number:016x}",
            "time_s": float(frame),
            "truth": CLASSES[(number + frame) % 2],
            "probabilities": [1 - share, share],
        }
        for arm in ("insonify", "other", "random")
        for protocol in ("knn", "linear")
        for seed in (0, 1)
        for number in range(6)
        for frame in range(5)
        for share in [
            float(generator.beta(4, 2))
            if (number + frame) % 2 and arm == "insonify"
            else float(generator.random())
        ]
    ]
    return Predictions(
        task="kind",
        classes=CLASSES,
        store=store.id,
        arms={
            name: {"baseline": "random", "checkpoints": c} for name, c in cards.items()
        }
        | {"random": {"baseline": None, "architecture": "resnet10_half"}},
        facts={"options": {"task": "kind", "seeds": [0, 1]}},
        rows=pa.Table.from_pylist(rows, schema=SCHEMA),
    )


def kept(card: CheckpointCard) -> dict[str, Any]:
    """What `insonify transfer` records of a checkpoint."""
    known = {"architecture": card.architecture, "size": list(card.size)}
    return {**card.provenance, **known, "subjects": len(card.provenance["subjects"])}


@pytest.fixture(scope="module")
def sources(
    store: Store,
    run: Path,
    predictions: Predictions,
    tmp_path_factory: pytest.TempPathFactory,
) -> Sources:
    """Everything that a card can be written from."""
    folder = tmp_path_factory.mktemp("files")
    write_predictions(folder / "blue-folder.parquet", predictions)
    write_audit(folder / "audit.parquet", audit_of(run, store))
    return Sources(
        run=run,
        store=store.path,
        predictions=(folder / "blue-folder.parquet",),
        audit=folder / "audit.parquet",
    )


def audit_of(run: Path, store: Store) -> AuditRows:
    """All right on real clips, half of it without anatomy: half needs none."""
    rows = [
        {
            "question": "order",
            "condition": condition,
            "clip": 12 * number + clip,
            "subject": subject(number),
            "motion": 1.0,
            "truth": [0.0],
            "answer": [0.0 if clip < right else 1.0],
        }
        for condition, right in (("real", 12), ("speckle", 7))
        for number in range(6)
        for clip in range(12)
    ]
    return AuditRows(
        store=store.id,
        questions=(Question(name="order", classes=tuple("abcdef")),),
        conditions=(
            Condition(name="real", meaning="real", says=""),
            Condition(name="speckle", meaning="empty", says=""),
        ),
        facts={"recipe": "insonify", "run": json.loads(config_of(run))["options"]},
        rows=pa.Table.from_pylist(rows, schema=AUDIT_SCHEMA),
    )


def config_of(run: Path) -> str:
    return (run / "config.json").read_text()


@pytest.fixture(scope="module")
def card(sources: Sources) -> Card:
    return make_card(sources, Stated(licence="CC | BY"), DAY, OPTIONS)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_are_counted_without_the_model(
    architecture: str, tmp_path: Path
) -> None:
    encoder = Encoder(architecture, mean=0.3, std=0.15)
    tensors = {f"encoder.{k}": v for k, v in encoder.state_dict().items()}
    tensors["heads.order.weight"] = encoder.mean.new_zeros(7, 7)
    known = CheckpointCard(architecture=architecture, size=(64, 80), provenance={})
    save_checkpoint(tmp_path / "bare", tensors, known)
    found = read_run(tmp_path / "bare").facts.weights
    assert found.parameters == sum(p.numel() for p in encoder.parameters())
    data = (tmp_path / "bare" / "weights.safetensors").read_bytes()
    assert (found.sha256, found.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (found.mean, found.deviation) == pytest.approx((0.3, 0.15))


def test_the_run_is_told_as_it_logged_itself(card: Card) -> None:
    assert card.run is not None
    training = card.run.training
    assert training is not None
    assert training.rows == 3  # the row that a kill cut short is none
    assert training.seconds == pytest.approx(3 * 48 / 24)
    assert (training.loss, training.held_out) == (1.0, {"knn": 0.625})
    text = card_as_markdown(card)
    assert "| Clip | 4 frames, 0.133 s apart" in text
    assert "embedding (which warped frames are of one clip, by simclr" in text
    assert "--clips.interval-s 0.13333333333333333" in text
    assert f"--split {SPLIT}" in text


def test_figures_are_those_of_the_report(card: Card, predictions: Predictions) -> None:
    (tested,) = card.tested
    table = build_table(predictions, OPTIONS)
    rows = {(row.arm, row.protocol): row for row in table.rows}
    assert {m.protocol for m in tested.figures} == {"knn", "linear"}
    for each in tested.figures:
        mine = rows["insonify", each.protocol]
        assert each.value == mine.figures[each.figure]
        assert each.gain == mine.gains[each.figure]
        assert each.untrained == rows["random", each.protocol].figures[each.figure]
    assert (tested.arm.encoders, tested.arm.own, tested.arm.fold) == (6, True, 1)


def test_the_checkpoint_alone_is_its_fold_and_seed(
    card: Card, predictions: Predictions
) -> None:
    """Of two checkpoints of a fold the first, by seed, served the test's first seed."""
    rows = predictions.rows
    here = pc.and_(pc.equal(rows["fold"], 1), pc.equal(rows["seed"], 0))
    table = build_table(replace(predictions, rows=rows.filter(here)), OPTIONS)
    row = next(r for r in table.rows if (r.arm, r.protocol) == ("insonify", "linear"))
    (tested,) = card.tested
    assert {m.figure: m.value.value for m in tested.alone} == {
        m.figure: row.figures[m.figure].value for m in tested.alone
    }
    assert len(tested.alone) >= 2
    assert tested.alone_subjects == row.subjects == 2


def test_classes_agree_with_scikit_learn(card: Card, predictions: Predictions) -> None:
    (tested,) = card.tested
    rows = predictions.rows
    mine = pc.and_(
        pc.equal(rows["arm"], "insonify"), pc.equal(rows["protocol"], tested.protocol)
    )
    parts = [
        replace(predictions, rows=rows.filter(pc.and_(mine, pc.equal(rows["seed"], s))))
        for s in (0, 1)
    ]
    for place, each in enumerate(tested.classes):
        for name, score in (
            ("f1", f1_score),
            ("precision", precision_score),
            ("recall", recall_score),
        ):
            values = [
                score(
                    np.array(part.rows["truth"].to_pylist()) == CLASSES[place],
                    part.probabilities_NC().argmax(1) == place,
                )
                for part in parts
            ]
            assert getattr(each, name).value == pytest.approx(np.mean(values))
        truth = parts[0].rows["truth"].to_pylist()
        assert each.support == truth.count(each.name)


def test_subgroups_are_the_report_of_their_videos(
    card: Card, predictions: Predictions
) -> None:
    (tested,) = card.tested
    (grouping,) = tested.groupings
    assert grouping.name == "model"  # its makers make one model each
    assert [group.name for group in grouping.groups] == ["A|B", "SONOPHANT"]
    for place, group in zip((1, 0), grouping.groups, strict=True):
        videos = pa.array([f"v-{2 * n:016x}" for n in range(6) if n % 2 == place])
        rows = predictions.rows.filter(pc.is_in(predictions.rows["video"], videos))
        table = build_table(replace(predictions, rows=rows), OPTIONS)
        key = ("insonify", tested.protocol)
        (row,) = (r for r in table.rows if (r.arm, r.protocol) == key)
        assert (group.subjects, group.frames) == (row.subjects, row.frames) == (3, 15)
        mine = next(each for each in group.arms if each.arm == "insonify")
        assert mine.figures.keys() & SHORT
        for name, value in mine.figures.items():
            assert value == row.figures[name]
            assert mine.gains[name] == row.gains[name]


def test_subgroups_are_of_the_store_that_was_tested(
    sources: Sources, predictions: Predictions, tmp_path: Path
) -> None:
    """The store's devices say nothing of frames of another one."""
    path = tmp_path / "elsewhere.parquet"
    write_predictions(path, replace(predictions, store="00ff"))
    asked = replace(sources, predictions=(path,))
    card = make_card(asked, Stated(), DAY, OPTIONS)
    assert not card.tested[0].groupings
    text = card_as_markdown(card)
    assert "by device or site: not told" in text
    assert "of another store, split" in text


def test_intervals_of_classes_are_those_of_resampled_subjects(
    card: Card, predictions: Predictions
) -> None:
    """Against recall that is counted anew in every resample."""
    (tested,) = card.tested
    counts_RS = draw_subjects(6, OPTIONS.resamples, OPTIONS.seed)
    recalls_KR = []
    for seed in (0, 1):
        right_S, of_S = np.zeros(6), np.zeros(6)
        for row in predictions.rows.to_pylist():
            where = row["arm"], row["protocol"], row["seed"]
            if where == ("insonify", tested.protocol, seed) and row["truth"] == "fine":
                number = int(row["subject"].removeprefix("s-"), 16)
                of_S[number] += 1
                right_S[number] += np.argmax(row["probabilities"]) == 1
        recalls_KR.append(counts_RS @ right_S / (counts_RS @ of_S))
    low, high = np.quantile(np.mean(recalls_KR, 0)[1:], (0.025, 0.975))
    found = tested.classes[1].recall
    assert (found.low, found.high) == pytest.approx((low, high))


def test_the_store_is_counted(card: Card, store: Store) -> None:
    data, done = card.data, card.preparation
    assert data is not None
    assert done is not None
    assert (data.whole.subjects, data.whole.videos, data.whole.frames) == (6, 12, 96)
    assert data.whole.hours == pytest.approx(12 * 0.35 / 3600)
    (makers,) = data.factors  # of models nothing more is known
    assert makers.name == "manufacturer"
    counts = {group.name: (group.subjects, group.videos) for group in makers.groups}
    assert counts == {"SONOPHANT": (3, 3), "A|B": (3, 3), "not recorded": (6, 6)}
    assert makers.groups[-1].name == "not recorded"
    assert data.synthetic == 3
    (labels,) = data.labels
    assert {c.name: c.frames for c in labels.classes} == dict.fromkeys(CLASSES, 6 * 5)
    assert data.gaze is not None
    assert data.gaze.videos == 1
    (split,) = data.splits
    assert [(part.name, part.videos) for part in split.parts] == [
        ("0", 4),
        ("1", 4),
        ("2", 4),
    ]
    assert (done.frames_read, done.frames_kept) == (120, 96)
    black = next(each for each in done.dropped if each.name == "black")
    assert (black.count, black.videos, black.looked) == (12, 12, 12)
    assert done.thresholds["gap"] == (4.0,)
    assert done.notes == {"N odd": 6, "a note": 6}
    assert done.rejects == {
        "the same content as another, which is in the store": 2,
        "no frame is worth keeping (N black)": 1,
    }
    assert store.versions == data.versions


def test_who_was_learnt_from_is_counted_as_the_run_saw_the_store(
    run: Path, tmp_path: Path
) -> None:
    """The run knows its store's versions; what came later is in the sheet alone."""
    grown = Store.create(tmp_path / "grown", StoreSettings())
    add_videos(grown, range(12))
    grown.assign(SPLIT, {subject(number): str(number % 3) for number in range(6)})
    then = Store.open(grown.path).versions
    add_videos(grown, range(12, 14))
    later = tmp_path / "run"
    card = checkpoint_card(Store.open(grown.path), 1)
    config = json.loads(config_of(run)) | {"store": grown.id, "store_versions": then}
    save_checkpoint(
        later / "checkpoint",
        {f"encoder.{k}": v for k, v in Encoder("resnet10_half").state_dict().items()},
        card,
    )
    (later / "config.json").write_text(json.dumps(config))
    found = make_card(Sources(run=later, store=grown.path), Stated(), DAY, OPTIONS)
    assert [(r.videos.name, r.videos.videos) for r in found.roles] == [
        ("learnt from", 4),
        ("validated on while training", 4),
        ("kept for tests", 4),
    ]
    assert found.data is not None
    assert found.data.whole.videos == 14


def test_an_audit_says_what_needs_no_anatomy(card: Card) -> None:
    (found,) = card.audited
    assert found.skill.value == pytest.approx(1)
    assert found.without_anatomy is not None
    # 5 of 12 wrong, where who does not look has 5 of 6 wrong
    assert found.without_anatomy.value == pytest.approx(1 - (5 / 12) / (5 / 6))
    assert "50% (50% to 50%) of the pretext skill is reached without anatomy" in (
        card_as_markdown(card)
    )


def test_nobody_and_no_file_is_in_a_card(
    card: Card, store: Store, run: Path, sources: Sources
) -> None:
    rows = store.videos()
    names = {n for c in ("video", "file", "subject") for n in rows[c].to_pylist()}
    names |= {run.name, store.path.parent.name, "blue-folder", "/tmp", "pytest"}
    names |= set(store.rejects()["file"].to_pylist())
    assert sources.run == run
    for text in (card_as_markdown(card), card_as_html(card), card_as_json(card)):
        assert not [name for name in names if name in text]


def cells(text: str) -> Iterator[list[str]]:
    """Every row of every table of a Markdown text, as it is shown."""
    row: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield row
        elif token.type == "inline" and token.level > 3:
            row.append("".join(each.content for each in token.children or ()))


def test_markdown_shows_what_was_meant(card: Card) -> None:
    text = card_as_markdown(card)
    documents = card_shown(card)["documents"]
    meant = [
        list(row)
        for document in documents
        for section in document.sections
        for row in (
            *([("", ""), *section.facts] if section.facts else ()),
            *(row for grid in section.grids for row in (grid.heads, *grid.rows)),
        )
    ]
    assert list(cells(text)) == meant
    assert ["Licence", "CC | BY"] in meant
    assert any(row[0] == CLASSES[0] for row in meant)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    items = [
        "".join(child.content for child in token.children or ())
        for token, before in zip(tokens[2:], tokens, strict=False)
        if token.type == "inline" and before.type == "list_item_open"
    ]
    told = [s for d in documents for part in d.sections for s in part.sentences]
    assert items == [" ".join(sentence.split()) for sentence in told]


@pytest.mark.parametrize(
    "text",
    ["_a_ b_c", "[a](b)", "`x`", "a\nb", "*x*", "<i>", "~~x~~", "a\\|b", "![a][b]"],
)
def test_no_text_becomes_markup(text: str) -> None:
    (_, inline, _) = MarkdownIt("commonmark").parse(escaped(text))
    shown = [child for child in inline.children or () if child.type != "text"]
    assert not [child for child in shown if child.type != "text_special"]
    assert "".join(c.content for c in inline.children or ()) == " ".join(text.split())


def test_the_page_loads_nothing_and_needs_no_script(card: Card) -> None:
    text = card_as_html(card)
    assert "http" not in text.replace("http-equiv", "")
    assert "plotly.js" not in text
    assert len(text) < 200_000
    assert "<b>back" not in text
    assert "&lt;b&gt;back|ground*" in text
    assert text.count("For research use only.") == 2
    assert "Model card: insonify, resnet10_half" in text
    assert f"Data sheet: store {card.data.store if card.data else ''}" in text


def test_the_fragment_stands_in_other_pages(card: Card) -> None:
    """As a report includes it: with a card, and with none."""
    shown = page("card.html", card=card_shown(card))
    assert shown.lstrip().startswith("<section>")
    assert shown.count("<section>") == 2
    assert not page("card.html", card=None).strip()


def test_the_same_files_give_the_same_card(card: Card, sources: Sources) -> None:
    again = make_card(sources, Stated(licence="CC | BY"), DAY, OPTIONS)
    for write in (card_as_markdown, card_as_html, card_as_json):
        assert write(again) == write(card)


def test_json_holds_the_numbers(card: Card) -> None:
    plain = json.loads(card_as_json(card))
    assert (plain["kind"], plain["format"]) == ("insonify card", 1)
    assert plain["date"] == "2026-11-26"
    assert plain["run"]["provenance"]["subjects"] == 2
    assert plain["tested"][0]["figures"][0]["value"]["low"] is not None
    assert plain["known_limits"] == list(limits(card))


def test_what_is_not_known_is_said(run: Path) -> None:
    bare = make_card(Sources(run=run / "checkpoint"), Stated(), DAY, OPTIONS)
    text = card_as_markdown(bare)
    for name in ("Licence", "Contact", "Intended use", "Approval and consent"):
        assert [name, NOT_STATED] in list(cells(text))
    for name in ("Trained with", "Clip", "Pretext tasks", "Machine", "Began with"):
        assert [name, "not recorded"] in list(cells(text))
    assert "A checkpoint by itself does not hold the options" in text
    assert "no predictions were given" in text
    assert "no audit was given" in text
    assert "Whether subjects are real or synthetic is not known" in text


def test_a_store_alone_has_a_sheet_alone(store: Store) -> None:
    stated = Stated(name="Mine", licence="CC0", purpose="Trying", intended_use="Tests")
    card = make_card(Sources(store=store.path), stated, DAY, OPTIONS)
    text = card_as_markdown(card)
    assert text.startswith("# Data sheet: Mine\n")
    assert "Model card" not in text
    for row in (["Licence", "CC0"], ["Intended use", "Tests"]):
        assert row in list(cells(text))
    assert "What these data are" in card_as_html(card)


def test_terms_of_published_sets_are_told(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", StoreSettings())
    add_videos(store, range(2))
    terms = {"name": "busi", "title": "BUSI", "site": "x.org", "licence": "CC BY"}
    store.write_file("terms/busi.json", json.dumps(terms).encode())
    card = make_card(Sources(store=store.path), Stated(), DAY, OPTIONS)
    assert ["BUSI", "x.org; CC BY"] in list(cells(card_as_markdown(card)))


def test_an_empty_store_has_a_sheet(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", StoreSettings())
    card = make_card(Sources(store=store.path), Stated(), DAY, OPTIONS)
    text = card_as_markdown(card)
    assert "0 subjects, 0 videos, 0 frames" in text
    assert "Neither device nor site is recorded" in text


def test_makers_of_the_phantom_are_known() -> None:
    makers = {draw_look(0, number, (224, 288)).maker for number in range(12)}
    assert makers == PHANTOM


def test_limits_follow_from_the_facts(card: Card) -> None:
    told = "\n".join(limits(card))
    assert "Synthetic: 3 of the 6 subjects" in told
    assert "It learnt from 2 subjects" in told
    assert "6 test subjects; with fewer than 20" in told
    (tested,) = card.tested
    lost = replace(
        tested,
        figures=tuple(
            replace(m, gain=replace(m.value, value=-0.2, low=-0.3, high=-0.1))
            for m in tested.figures
        ),
        classes=tuple(
            replace(c, recall=replace(c.recall, value=0.0)) for c in tested.classes
        ),
        blind=tuple(replace(b, figures={"macro_f1": 1.0}) for b in tested.blind),
    )
    told = "\n".join(limits(replace(card, tested=(lost,))))
    assert "linear, labels 1: in macro F1 it is worse than the same network" in told
    assert "linear, labels 1: in macro F1 no better than what needs no image" in told
    assert f"never found: {', '.join(CLASSES)}" in told


def test_arms_are_found_by_checkpoint_then_by_recipe(
    sources: Sources, predictions: Predictions, tmp_path: Path
) -> None:
    def tested(arms: dict[str, Any], arm: str | None = None) -> Card:
        path = tmp_path / "p.parquet"
        write_predictions(path, replace(predictions, arms=arms))
        asked = replace(sources, predictions=(path,), audit=None, store=None, arm=arm)
        return make_card(asked, Stated(), DAY, OPTIONS)

    arms = predictions.arms
    others = [{**c, "steps": 9} for c in arms["insonify"]["checkpoints"]]
    elsewhere = arms["insonify"] | {"checkpoints": others}
    (found,) = tested(arms | {"insonify": elsewhere}).tested
    assert (found.arm.name, found.arm.own, found.alone) == ("insonify", False, ())
    # Another arm of the same recipe leaves it open which is meant.
    two = arms | {"insonify": elsewhere, "other": elsewhere}
    with pytest.raises(ReportError, match=r"\['insonify', 'other'\].*--arm"):
        tested(two)
    assert tested(two, "other").tested[0].arm.name == "other"
    with pytest.raises(ReportError, match="none of"):
        tested(arms, "other")


def test_what_does_not_belong_together_is_refused(
    sources: Sources, store: Store, run: Path, tmp_path: Path
) -> None:
    def card_of(asked: Sources) -> Card:
        return make_card(asked, Stated(), DAY, OPTIONS)

    other = Store.create(tmp_path / "other", StoreSettings())
    with pytest.raises(ConfigError, match="but the run learnt from"):
        card_of(Sources(run=run, store=other.path))
    with pytest.raises(ConfigError, match="name a RUN, a --store, or both"):
        card_of(Sources())
    with pytest.raises(ConfigError, match="name the RUN"):
        card_of(replace(sources, run=None))
    with pytest.raises(CheckpointError, match=r"no checkpoint\.json"):
        card_of(Sources(run=tmp_path))
    strange = audit_of(run, store)
    strange.facts["run"] = {}
    write_audit(tmp_path / "a.parquet", strange)
    with pytest.raises(ReportError, match="an audit of another run"):
        card_of(Sources(run=run, audit=tmp_path / "a.parquet"))
    pq.write_table(pa.table({"a": [1]}), tmp_path / "b.parquet")
    with pytest.raises(ReportError, match="no predictions file"):
        card_of(Sources(run=run, predictions=(tmp_path / "b.parquet",)))


def test_damaged_files_of_a_run_are_refused(run: Path, tmp_path: Path) -> None:
    for name, data in (("checkpoint.json", b"{"), ("weights.safetensors", b"nothing")):
        broken = tmp_path / name.split(".")[0]
        broken.mkdir()
        for part in (run / "checkpoint").iterdir():
            (broken / part.name).write_bytes(part.read_bytes())
        (broken / name).write_bytes(data)
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_run(broken)


def test_the_card_of_a_report_is_of_what_is_on_its_page(
    run: Path, store: Store, predictions: Predictions, tmp_path: Path
) -> None:
    told, other = tmp_path / "planes.parquet", tmp_path / "other"
    write_predictions(told, predictions)
    Store.create(other, StoreSettings())
    inputs = sort_inputs([other, told, store.path])
    expected = make_card(
        Sources(run=run, store=store.path, predictions=(told,)), Stated(), DAY, OPTIONS
    )
    found = card_beside(run, inputs, DAY, OPTIONS)
    assert card_as_json(found) == card_as_json(expected)
    alone = card_beside(run, sort_inputs([other]), DAY, OPTIONS)
    assert alone.data is None
    assert not alone.tested


def test_a_report_ends_with_the_card(
    run: Path, store: Store, predictions: Predictions, tmp_path: Path
) -> None:
    told, out = tmp_path / "planes.parquet", tmp_path / "report.html"
    write_predictions(told, predictions)
    assert Report(predictions=(told, store.path), card=run, out=out).run() == 0
    text = out.read_text()
    assert text.index("<h2>Task: kind</h2>") < text.index("<h2>Model card")
    with pytest.raises(ConfigError, match="part of a page"):
        Report(predictions=(told,), card=run, out=tmp_path / "r.md").run()
