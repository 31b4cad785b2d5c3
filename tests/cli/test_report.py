"""``insonify report`` prints a table that fits a terminal, and writes it when asked."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from insonify.cli.report import Report
from insonify.core.audit_rows import write_audit
from insonify.core.errors import ConfigError, ReportError
from insonify.core.gallery import write_gallery
from insonify.core.predictions import SCHEMA, Predictions, write_predictions
from insonify.report.tables.options import ReportOptions
from tests.conftest import fill_store
from tests.report.material import small_audit, small_gallery, write_run


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """Two arms, 30 subjects of one frame each; [ill] looks like console markup."""
    classes = ("[ill]", "well")
    generator = np.random.default_rng(0)
    rows = [
        {
            "arm": arm,
            "protocol": "knn",
            "split": "two",
            "fold": 0,
            "seed": 0,
            "fraction": fraction,
            "subject": f"s-{number}",
            "video": f"v-{number}",
            "time_s": 0.0,
            "truth": classes[number % 2],
            "probabilities": [share, 1 - share],
        }
        for arm in ("siamese", "random")
        for fraction in (0.25, 1.0)
        for number in range(30)
        for share in [float(generator.random())]
    ]
    path = tmp_path / "predictions.parquet"
    write_predictions(
        path,
        Predictions(
            task="organ",
            classes=classes,
            store="00ff",
            arms={"siamese": {"baseline": "random"}, "random": {"baseline": None}},
            facts={},
            rows=pa.Table.from_pylist(rows, schema=SCHEMA),
        ),
    )
    return path


def test_the_table_fits_80_columns(
    predictions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Report(predictions=(predictions,)).run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    text = "\n".join(lines)
    assert "Task organ: 30 subjects, 30 frames" in text
    assert "always [ill]" in text
    assert "knn, labels" in text
    assert "…" not in text


def test_written_texts_hold_the_table(predictions: Path, tmp_path: Path) -> None:
    text, plain = tmp_path / "report.md", tmp_path / "report.json"
    for out in (text, plain):
        Report(predictions=(predictions, predictions), out=out).run()
    assert text.read_text().startswith("# Task organ\n")
    arms = [row["arm"] for row in json.loads(plain.read_text())[0]["rows"]]
    assert arms[:-2] == ["random", "random", "siamese", "siamese"]


def test_an_existing_report_is_kept_unless_told(
    predictions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.md"
    out.write_text("mine")
    with pytest.raises(ConfigError, match="--overwrite"):
        Report(predictions=(predictions,), out=out).run()
    assert out.read_text() == "mine"
    Report(predictions=(predictions,), out=out, overwrite=True).run()
    assert out.read_text() != "mine"


def test_mistakes_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no predictions file"):
        Report(predictions=()).run()
    with pytest.raises(ConfigError, match=r"end it in \.html, \.md, \.json"):
        Report(predictions=(tmp_path / "no",), out=tmp_path / "r.pdf").run()
    with pytest.raises(ReportError, match="neither a store"):
        Report(predictions=(tmp_path,)).run()
    with pytest.raises(ReportError, match="cannot be read"):
        Report(predictions=(tmp_path / "no",)).run()


def test_everything_may_be_named_at_once(
    predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, gallery = write_run(tmp_path / "run"), tmp_path / "gallery.parquet"
    write_gallery(gallery, small_gallery())
    store = fill_store(tmp_path / "store", subjects=2).path
    page = tmp_path / "report.html"
    inputs = (store, gallery, run, predictions)
    Report(predictions=inputs, out=page, options=ReportOptions(resamples=1000)).run()
    told = " ".join(capsys.readouterr().out.split())
    assert "Pretraining: 1 pretraining run of demo: all finished" in told
    assert "Data: 4 files, 0 refused; 4 videos of 2 subjects" in told
    assert "Frames: siamese: of 72 frames 50" in told
    text = page.read_text()
    for place in ("task-1", "frames", "pretraining", "data"):
        assert f'<section id="{place}">' in text
        assert f'href="#{place}"' in text
    assert str(tmp_path) not in text
    assert len(text.encode()) < 15e6


def test_a_page_needs_no_predictions_but_tables_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "run", finished=False)
    with pytest.raises(ConfigError, match=r"\.json holds tables of predictions"):
        Report(predictions=(run,), out=tmp_path / "r.json").run()
    Report(predictions=(run,), out=tmp_path / "r.html").run()
    assert "0 finished" in capsys.readouterr().out
    text = (tmp_path / "r.html").read_text()
    assert "no frame of a patient is in this file" in text
    assert "<h1>What was done</h1>" in text


def test_an_audit_beside_predictions_is_a_section(
    predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit, page = tmp_path / "audit.parquet", tmp_path / "report.html"
    write_audit(audit, small_audit())
    options = ReportOptions(resamples=1000)
    Report(predictions=(predictions, audit), out=page, options=options).run()
    assert "Audit: demo: order." in capsys.readouterr().out
    text = page.read_text()
    assert "order: learnt, skill 1.000" in text
    assert "&lt;noise&gt;" in text
    assert "Is the pretext task solved by a shortcut?" not in text
    Report(predictions=(audit,), out=page, overwrite=True, options=options).run()
    assert "Is the pretext task solved by a shortcut?" in page.read_text()


def test_figures_are_given_by_group(predictions: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "sites.csv", tmp_path / "report.md"
    lines = [
        f"s-{number},{'north' if number < 10 else 'south'}" for number in range(30)
    ]
    table.write_text("\n".join(["subject,site", *lines]))
    Report(predictions=(predictions,), groups=table, out=out).run()
    text = out.read_text()
    assert "north" in text
    assert "south" in text
    Report(predictions=(predictions,), out=out, overwrite=True).run()
    assert "north" not in out.read_text()


def test_a_store_of_other_subjects_groups_nobody(
    predictions: Path, tmp_path: Path
) -> None:
    store, out = fill_store(tmp_path / "store"), tmp_path / "report.html"
    assert Report(predictions=(predictions, store.path), out=out).run() == 0
