"""``insonify report`` prints a table that fits a terminal, and writes it when asked."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from insonify.cli.report import Report
from insonify.core.errors import ConfigError, ReportError
from insonify.core.predictions import SCHEMA, Predictions, write_predictions


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
    with pytest.raises(ReportError, match="no readable"):
        Report(predictions=(tmp_path / "no",)).run()
