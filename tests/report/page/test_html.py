"""The page of a report: what it says, what it shows, and that it loads nothing."""

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from insonify.cli.report import Report
from insonify.core.errors import ReportError
from insonify.core.predictions import Predictions, write_predictions
from insonify.core.saliency import target_map
from insonify.core.saliency_predictions import (
    SALIENCY_SCHEMA,
    SaliencyPredictions,
    write_saliency,
)
from insonify.report.page.beside import Beside
from insonify.report.page.examples import saliency_examples
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.page.heat import picture
from insonify.report.page.html import Section, as_html
from insonify.report.page.summary import answers, compared, readings, verdicts
from insonify.report.page.table_charts import bar_charts, class_chart, label_charts
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.render import primary_rows
from insonify.report.tables.rows import Row, Table
from insonify.report.tables.saliency_table import build_saliency_table
from insonify.report.tables.statistics import Estimate
from insonify.report.tables.table import build_table
from tests.report.material import ARMS, CLASSES, small_gallery, small_predictions

SHAPE = (6, 8)
OPTIONS = ReportOptions(resamples=1000)


@pytest.fixture(scope="module")
def planes() -> Predictions:
    """Two arms, two protocols, two shares of labels, 24 subjects."""
    return small_predictions()


@pytest.fixture(scope="module")
def saliency() -> SaliencyPredictions:
    """``siamese`` sees frame ``k`` the better, the smaller ``k`` is."""
    generator = np.random.default_rng(1)
    centre = target_map([(0.5, 0.5)], (0.3, 0.3), SHAPE)
    rows = []
    for subject in range(3):
        for frame in range(3):
            points = generator.uniform(0.1, 0.9, (2, 2)).astype(np.float32)
            truth = target_map(points, (0.1, 0.1), SHAPE)
            even = np.full(SHAPE, 1 / truth.size)
            share = (3 * subject + frame) / 10
            maps = {
                "siamese": (1 - share) * truth + share * even,
                "random": even,
                "static": centre,
            }
            rows += [
                {
                    "arm": arm,
                    "protocol": "static" if arm == "static" else "frozen",
                    "split": "two",
                    "fold": 0,
                    "seed": 0,
                    "fraction": 1.0,
                    "subject": f"s-{subject}",
                    "video": f"v-{subject}",
                    "time_s": float(frame),
                    "points": points.ravel().tolist(),
                    "sigma": [0.1, 0.1],
                    "map": map_HW.ravel().tolist(),
                }
                for arm, map_HW in maps.items()
            ]
    return SaliencyPredictions(
        task="gaze",
        shape=SHAPE,
        store="00ff",
        arms=ARMS | {"static": {"baseline": None}},
        facts={},
        rows=pa.Table.from_pylist(rows, schema=SALIENCY_SCHEMA),
    )


@pytest.fixture(scope="module")
def page(planes: Predictions, saliency: SaliencyPredictions) -> str:
    """Both tasks on one page."""
    looked = build_saliency_table(saliency, OPTIONS)
    return as_html(
        [
            Section(
                table=build_table(planes, OPTIONS),
                arms=planes.arms,
                facts=planes.facts,
            ),
            Section(
                table=looked,
                arms=saliency.arms,
                facts=saliency.facts,
                examples=saliency_examples(saliency, looked),
            ),
        ]
    )


class Elements(HTMLParser):
    """Start tags with their attributes, JSON scripts and the text that is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.charts: list[dict[str, Any]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.found[-1] if self.found else ("", {})
        if tag == "script" and attributes.get("type") == "application/json":
            if data.strip():
                self.charts.append(json.loads(data))
        elif tag not in ("script", "style"):
            self.text += data


def test_the_page_loads_nothing_and_forbids_itself_to(page: str) -> None:
    found = Elements(page).found
    addresses = [
        value or ""
        for _, attributes in found
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert {a for a in addresses if a.startswith("#")} == {"#task-1", "#task-2"}
    addresses = [address for address in addresses if not address.startswith("#")]
    assert len(addresses) == 12  # three frames, four maps each
    assert all(address.startswith("data:image/png;") for address in addresses)
    assert not {tag for tag, _ in found} & {"link", "iframe", "object", "base"}
    (policy,) = (a["content"] for _, a in found if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[0]
    assert "url(" not in styles
    assert "@import" not in styles
    assert len(page.encode()) < 6e6


def test_plotly_stands_in_the_page_once_and_whole(page: str) -> None:
    assert page.count("plotly.js v") == 1
    start = page.index("plotly.js v")
    library = page[start : page.index("</script>", start)]
    assert len(library) > 1e6
    assert "<!--" not in library


def test_names_of_arms_and_classes_are_text_not_markup(page: str) -> None:
    assert CLASSES[0] not in page
    elements = Elements(page)
    assert CLASSES[0] in elements.text
    assert any(CLASSES[0] in str(chart) for chart in elements.charts)


def test_the_page_says_what_it_is_for_and_whose_data_it_holds(page: str) -> None:
    text = Elements(page).text
    assert text.count("For research use only.") == 2
    assert "no frame of a patient is in this file" in text
    assert "72 frames of 24 subjects" in text
    assert "Where this comes from" in text
    assert not re.search(r"\bs-\d|\bv-\d", text)


def test_the_chart_of_a_figure_has_a_bar_an_arm_and_protocol(
    planes: Predictions,
) -> None:
    table = build_table(planes, OPTIONS)
    chart = bar_charts(table)[0]
    bars = [trace for trace in chart.data if trace["type"] == "bar"]
    assert [bar["name"] for bar in bars] == ["knn", "linear"]
    for bar in bars:
        assert bar["y"] == ["random", "siamese"]  # each once, so that none is stacked
        row = next(
            row
            for row in table.rows
            if (row.arm, row.protocol, row.fraction) == ("siamese", bar["name"], 1.0)
        )
        figure = row.figures["macro_f1"]
        assert bar["x"][1] == pytest.approx(figure.value, abs=1e-4)
        above = bar["x"][1] + bar["error_x"]["array"][1]
        assert above == pytest.approx(figure.high, abs=2e-4)
    lines = [trace["name"] for trace in chart.data if trace["type"] == "scatter"]
    assert lines == ["even guess", f"always {CLASSES[0]}"]


def test_shares_of_labels_are_drawn_where_there_are_several(
    planes: Predictions, saliency: SaliencyPredictions
) -> None:
    table = build_table(planes, OPTIONS)
    linear, knn = label_charts(table)
    assert linear.title.endswith(", linear")
    assert knn.title.endswith(", knn")
    assert linear.layout["xaxis"]["type"] == "log"
    assert linear.layout["xaxis"]["ticktext"] == ["0.5", "1"]
    for trace in linear.data:
        assert trace["x"] == [0.5, 1.0]
        rows = [
            r for r in table.rows if (r.arm, r.protocol) == (trace["name"], "linear")
        ]
        found = {row.fraction: row.figures["macro_f1"] for row in rows}
        for share, value, above in zip(
            trace["x"], trace["y"], trace["error_y"]["array"], strict=True
        ):
            assert value == pytest.approx(found[share].value, abs=1e-4)
            assert value + above == pytest.approx(found[share].high, abs=2e-4)
    dashes = {trace["name"]: trace["line"]["dash"] for trace in linear.data}
    assert dashes == {"random": "dash", "siamese": "solid"}
    assert not label_charts(build_saliency_table(saliency, OPTIONS))


def test_an_undefined_class_has_no_bar(planes: Predictions) -> None:
    row = primary_rows(build_table(planes, OPTIONS))[0]
    absent = replace(row.classes[0], f1=float("nan"), support=0)
    chart = class_chart([replace(row, classes=(absent, *row.classes[1:]))])
    assert chart.data[0]["x"][0] is None
    assert chart.data[0]["x"][1] == pytest.approx(row.classes[1].f1, abs=1e-4)
    assert json.dumps([chart.data, chart.layout], allow_nan=False)


def table_with_gain(name: str, low: float, high: float) -> Table:
    middle = (low + high) / 2
    gain = Estimate(value=middle, low=low, high=high, spread=0.0)
    figure = Estimate(value=1.0, low=0.9, high=1.1, spread=0.0)
    row = Row(
        arm="siamese",
        protocol="finetune",
        fraction=1.0,
        seeds=1,
        subjects=9,
        frames=90,
        figures={name: figure},
        gains={name: gain},
    )
    return Table(task="plane", classes=(), rows=(row,), notes=())


@pytest.mark.parametrize(
    ("name", "low", "high", "word"),
    [
        ("macro_f1", 0.1, 0.2, "better"),
        ("macro_f1", -0.2, -0.1, "worse"),
        ("macro_f1", -0.1, 0.2, "not told apart"),
        ("kl", -0.2, -0.1, "better"),
        ("kl", 0.1, 0.2, "worse"),
        ("nss", 0.1, 0.2, "better"),
        ("macro_f1", 0.0, 0.2, "not told apart"),
    ],
)
def test_pretraining_helped_only_beyond_the_interval(
    name: str, low: float, high: float, word: str
) -> None:
    table = table_with_gain(name, low, high)
    assert [each.word for each in verdicts(table)] == [word]
    ((found, sentence),) = answers(table, ARMS)
    assert found == word
    assert f"{low:+.3f} to {high:+.3f}" in sentence


def test_an_undefined_gain_is_no_verdict() -> None:
    table = table_with_gain("kl", float("nan"), float("nan"))
    assert not verdicts(table)
    assert not list(answers(table, ARMS))


def test_the_summary_names_arms_and_warns_of_few_subjects() -> None:
    table = table_with_gain("macro_f1", 0.1, 0.2)
    first, *_ = compared(table, ARMS)
    assert first.startswith("siamese: pretrained")
    assert "random: the same network without pretraining" in first
    assert any("9 subjects" in sentence for sentence in readings(table))


def test_every_gain_of_an_arm_is_answered() -> None:
    (row,) = table_with_gain("kl", -0.1, 0.1).rows
    worse = Estimate(value=-0.2, low=-0.3, high=-0.1, spread=0.0)
    both = replace(
        row,
        figures=row.figures | {"nss": row.figures["kl"]},
        gains=row.gains | {"nss": worse},
    )
    table = Table(task="gaze", classes=(), rows=(both,), notes=())
    assert [word for word, _ in answers(table, ARMS)] == ["not told apart", "worse"]


@pytest.mark.parametrize(
    ("name", "static", "beaten"),
    [("kl", 1.2, True), ("kl", 0.8, False), ("nss", 1.2, False), ("nss", 0.8, True)],
)
def test_arms_that_do_not_beat_the_static_map_are_named(
    name: str, static: float, beaten: bool
) -> None:
    (row,) = table_with_gain(name, 0.1, 0.2).rows
    mark = Estimate(value=static, low=static, high=static, spread=0.0)
    blind = replace(
        row, arm="static", protocol="static", figures={name: mark}, gains={}
    )
    table = Table(task="gaze", classes=(), rows=(row, blind), notes=())
    first = next(readings(table))
    assert f"static: {static:.3f}." in first
    assert first.endswith("No better than that: siamese.") is not beaten


def test_frames_from_best_to_worst_are_shown(saliency: SaliencyPredictions) -> None:
    examples = saliency_examples(saliency, build_saliency_table(saliency, OPTIONS))
    assert [example.title for example in examples] == [
        "Best frame of siamese",
        "Median frame of siamese",
        "Worst frame of siamese",
    ]
    for example, place in zip(examples, (0, 4, 8), strict=True):
        points = saliency.points_of()[3 * place]
        assert example.points == tuple((8 * x, 6 * y) for x, y in points.tolist())
        titles = [each.title.split(",")[0] for each in example.maps]
        assert titles == ["where one looked", "static", "random", "siamese"]
    assert examples[0].maps[3].title == "siamese, KL 0.00"


def test_frames_lie_beneath_their_maps_where_there_are_pictures(
    saliency: SaliencyPredictions,
) -> None:
    table, gallery = build_saliency_table(saliency, OPTIONS), small_gallery()
    videos = saliency.rows["video"].to_pylist()
    rows = gallery.rows.slice(0, len(set(videos)))
    times = pa.array([0.0, 1.0, 2.0])
    rows = rows.set_column(1, "video", pa.array(sorted(set(videos))))
    rows = rows.set_column(2, "time_s", times)
    near = pa.array([[]] * 3, pa.list_(pa.int32()))
    cosines = pa.array([[]] * 3, pa.list_(pa.float32()))
    subjects = pa.array(["s-0", "s-1", "s-2"])
    rows = rows.set_column(0, "subject", subjects)
    rows = rows.set_column(6, "neighbours", near)
    rows = rows.set_column(7, "similarities", cosines)
    pictured = replace(gallery, rows=rows)
    for store, beneath in (("00ff", True), ("else", False)):
        pictures = FramePictures([replace(pictured, store=store)], saliency.store)
        examples = saliency_examples(saliency, table, pictures)
        assert [bool(example.beneath) for example in examples] == [beneath] * 3
        word = examples[0].title.endswith("of 3 with a picture")
        assert word is beneath
    # The three frames with a picture are numbers 0, 4 and 8, from best to worst.
    page = as_html(
        [
            Section(
                table=table,
                arms=saliency.arms,
                facts={},
                examples=saliency_examples(
                    saliency, table, FramePictures([pictured], saliency.store)
                ),
            )
        ],
        Beside(galleries=(pictured,)),
    )
    assert page.count('class="frame"') == 12
    assert "Frames of patients are in this file" in page
    assert "no frame of a patient" not in page


def decoded(address: str) -> np.ndarray:
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def test_a_picture_is_brighter_where_the_map_is_larger() -> None:
    map_HW = np.arange(48.0).reshape(SHAPE)
    shown = decoded(picture(map_HW))
    assert shown.shape == (*SHAPE, 3)
    lightness = shown.reshape(-1, 3) @ (0.3, 0.59, 0.11)
    assert (np.diff(lightness) > 0).all()
    np.testing.assert_array_equal(shown, decoded(picture(map_HW / 7)))
    assert decoded(picture(np.zeros(SHAPE))).max() <= 4


def written(
    folder: Path, planes: Predictions, saliency: SaliencyPredictions
) -> Iterator[Path]:
    write_saliency(folder / "maps.parquet", saliency)
    write_predictions(folder / "planes.parquet", planes)
    yield from (folder / "maps.parquet", folder / "planes.parquet")


def test_files_of_both_kinds_make_one_report(
    planes: Predictions,
    saliency: SaliencyPredictions,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = tuple(written(tmp_path, planes, saliency))
    outs = [tmp_path / f"report.{ending}" for ending in ("html", "md", "json")]
    for out in outs:
        Report(predictions=files, out=out, options=OPTIONS).run()
    lines = capsys.readouterr().out.replace(str(tmp_path), "").splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    page, text, plain = (out.read_text() for out in outs)
    assert page.index("Task: plane") < page.index("Task: gaze")
    assert text.index("# Task plane") < text.index("# Task gaze")
    assert "| KL ↓ | NSS |" in text
    assert [table["task"] for table in json.loads(plain)] == ["plane", "gaze"]


def test_a_file_of_no_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ReportError, match=r"other\.parquet: no predictions file"):
        Report(predictions=(path,)).run()
