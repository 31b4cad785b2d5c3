"""The page in a browser: silent, readable on a phone and in the dark, frames shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from insonify.report.page.beside import Beside
from insonify.report.page.cases import plane_cases
from insonify.report.page.data_flow import measure_flow
from insonify.report.page.frame_pictures import FramePictures
from insonify.report.page.html import Section, as_html
from insonify.report.page.run_record import read_run
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.table import build_table
from tests.browser import Page, browser
from tests.conftest import fill_store
from tests.report.material import small_gallery, small_predictions, write_run

pytestmark = pytest.mark.slow
OPTIONS = ReportOptions(resamples=1000)
_FRAME_OF_MOUSE = """(() => {
  const map = document.querySelector('.map'), box = map.getBoundingClientRect();
  const trace = map._fullData[0], layout = map._fullLayout;
  const { xaxis, yaxis } = layout;
  return [box.left + xaxis._offset + xaxis.d2p(trace.x[0]),
          box.top + yaxis._offset + yaxis.d2p(trace.y[0]), trace.customdata[0]];
})()"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything on it."""
    folder = tmp_path_factory.mktemp("page")
    predictions, gallery = small_predictions(), small_gallery()
    table = build_table(predictions, OPTIONS)
    store = fill_store(folder / "store", subjects=3)
    store.make_split("three", folds=3, task="texture", seed=0)
    runs = [
        read_run(write_run(folder / str(fold), options={"fold": fold}))
        for fold in (0, 1)
    ]
    section = Section(
        table=table,
        arms=predictions.arms,
        facts=predictions.facts,
        cases=plane_cases(
            predictions, table, FramePictures([gallery], predictions.store)
        ),
    )
    beside = Beside(
        galleries=(gallery,), runs=tuple(runs), flows=(measure_flow(store),)
    )
    page = folder / "report.html"
    page.write_text(as_html([section], beside), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as one:
        yield one


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_complains_and_nothing_is_wider_than_the_window(
    page: Page, path: Path, width: int, dark: bool
) -> None:
    page.open(path, width, dark=dark)
    page.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.complaints == []
    assert page.run("document.documentElement.scrollWidth") <= width
    charts = page.run("document.querySelectorAll('.chart').length")
    assert charts == page.run(
        "document.querySelectorAll('.chart .main-svg').length / 3"
    )
    assert page.run("document.querySelectorAll('.map .points path').length") == 72
    back, ink = page.run(
        "['.', 'text'].map((_, k) => getComputedStyle(k ? "
        "document.querySelector('.chart text') : document.body)"
        "[k ? 'fill' : 'backgroundColor'])"
    )
    light = [sum(map(int, c[4:-1].split(","))) / 3 for c in (back, ink)]
    assert (light[0] < light[1]) is dark
    assert abs(light[0] - light[1]) > 100


def test_pointing_at_a_frame_shows_it_with_its_neighbours(
    page: Page, path: Path
) -> None:
    page.open(path, 1280)
    page.run("document.querySelector('.map').scrollIntoView()")
    right, down, row = page.run(_FRAME_OF_MOUSE)
    page.point_at(right, down)
    page.wait("!!document.querySelector('.seen .asked img')")
    assert page.run("document.querySelector('.seen .asked img').naturalWidth") == 15
    gallery = small_gallery().rows.to_pylist()
    said = page.run("document.querySelector('.seen .asked figcaption').innerText")
    assert gallery[row]["truth"] in said
    assert gallery[row]["subject"] in said
    marks = page.run(
        "[...document.querySelectorAll('.seen .frames figcaption')]"
        ".map(each => each.innerText[0])"
    )
    same = [
        gallery[n]["truth"] == gallery[row]["truth"] for n in gallery[row]["neighbours"]
    ]
    assert marks == ["✓" if each else "✗" for each in same]
    assert page.complaints == []


def test_keys_walk_the_map_and_print_opens_details(page: Page, path: Path) -> None:
    page.open(path, 1280)
    page.run("document.querySelector('.map').focus()")
    title = "document.querySelector('.seen .asked')?.title"
    page.press("Home")
    page.wait(f"{title} === 's-00'")
    page.press("ArrowUp")
    page.wait(f"{title} !== 's-00'")
    assert page.run("document.activeElement.className").startswith("map")
    closed = "document.querySelectorAll('details:not([open])').length"
    before = page.run(closed)
    assert before > 0
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(closed) == 0
    widths = page.run(
        "[...document.querySelectorAll('.chart .main-svg')].map(e => e.clientWidth)"
    )
    assert max(widths) <= 690
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run(closed) == before


def test_colours_can_be_of_subjects_and_groups_hidden(page: Page, path: Path) -> None:
    page.open(path, 390)
    shown = "document.querySelectorAll('.map .points path').length"
    assert page.run("document.querySelectorAll('.groups button').length") == 3 + 2
    page.run("document.querySelector('.groups button').click()")
    page.wait(f"{shown} === 48")
    page.run("document.querySelector('input[value=subject]').click()")
    page.wait(f"{shown} === 72")
    assert page.run("document.querySelectorAll('.groups button').length") == 24 + 2
    assert page.complaints == []
