"""The chart: points where they belong, intervals only where they are known."""

import re
import xml.etree.ElementTree as ET
from typing import Any

from insonify.deploy.review.pages.curve import chart, words

POINTS: list[dict[str, Any]] = [
    {"labels": 4, "macro_f1": 0.25, "low": None, "high": None},
    {"labels": 10, "macro_f1": 0.5, "low": 0.4, "high": 0.6},
    {"labels": 20, "macro_f1": 1.0, "low": 0.9, "high": 1.0},
]


def places(tree: ET.Element, tag: str) -> list[tuple[float, float]]:
    found = tree.find(f".//{tag}")
    assert found is not None
    return [
        (float(x), float(y))
        for x, y in re.findall(r"([\d.]+),([\d.]+)", found.attrib["points"])
    ]


def test_the_line_rises_with_the_score_and_the_band_is_around_it() -> None:
    tree = ET.fromstring(chart(POINTS))
    line, band = places(tree, "polyline"), places(tree, "polygon")
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    (x1, upper1), (x2, upper2), (x3, lower2), (x4, lower1) = band
    assert (x1, x2) == (x4, x3) == (line[1][0], line[2][0])
    assert upper1 < line[1][1] < lower1
    assert upper2 == line[2][1] < lower2


def test_every_point_says_its_numbers() -> None:
    titles = [each.text for each in ET.fromstring(chart(POINTS)).iter("title")]
    assert titles == [
        "macro F1 0.25 after 4 labelled frames",
        "macro F1 0.50 (0.40 to 0.60) after 10 labelled frames",
        "macro F1 1.00 (0.90 to 1.00) after 20 labelled frames",
    ]
    assert words(POINTS) == titles[-1]


def test_the_axis_reaches_the_last_point() -> None:
    for most in (1, 7, 33, 250, 9_999):
        points = [{"labels": most, "macro_f1": 0.5, "low": None, "high": None}]
        (x, _), *_ = places(ET.fromstring(chart(points)), "polyline")
        assert 348 / 2 < x <= 338 or most == 1
