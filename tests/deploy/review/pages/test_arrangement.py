"""The list: what is chosen, in which order, and how the address says so."""

from typing import Any

import pytest

from insonify.deploy.review.pages.arrangement import (
    ORDERS,
    PER_PAGE,
    Arrangement,
    last_page,
    query_of,
    share_done,
)


def scan(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "video": f"v-{number:03d}",
        "subject": f"s-{number % 3}",
        "exam": f"e-{number % 2}",
        "duration_s": 10.0,
        "labelled_s": 0.0,
        "labels": {},
        "best_doubt": None,
    } | changes


SCANS = [scan(number) for number in range(9)]


def videos(arrangement: Arrangement, scans: list[dict[str, Any]]) -> list[str]:
    return [each["video"] for each in arrangement.chosen(scans)]


@pytest.mark.parametrize(
    "arrangement",
    [
        Arrangement(),
        Arrangement(text="a b&c=d", page=3),
        Arrangement(subject="s-1", unlabelled=True, sort="doubt"),
    ],
)
def test_an_address_says_the_whole_arrangement(arrangement: Arrangement) -> None:
    assert Arrangement.read(query_of(arrangement.address)) == arrangement


@pytest.mark.parametrize(
    "query", [{"page": "0"}, {"page": "-1"}, {"page": "x"}, {"sort": "__class__"}]
)
def test_nonsense_in_an_address_is_left_out(query: dict[str, str]) -> None:
    assert Arrangement.read(query) == Arrangement()


def test_all_words_must_occur_somewhere() -> None:
    scans = [*SCANS, scan(9, labels={"Head": 2})]
    assert videos(Arrangement(text="s-1 e-0"), scans) == ["v-004"]
    assert videos(Arrangement(text="head V-0"), scans) == ["v-009"]
    assert videos(Arrangement(text="head s-1"), scans) == []


def test_subject_and_unlabelled_narrow_the_list() -> None:
    scans = [scan(0), scan(3, labels={"a": 1}), scan(1)]
    assert videos(Arrangement(subject="s-0"), scans) == ["v-000", "v-003"]
    assert videos(Arrangement(subject="s-0", unlabelled=True), scans) == ["v-000"]


def test_orders() -> None:
    scans = [
        scan(0, best_doubt=0.2, duration_s=4.0),
        scan(1, best_doubt=None, labels={"a": 1}, labelled_s=10.0),
        scan(2, best_doubt=0.9, labels={"a": 1}, labelled_s=2.0, duration_s=8.0),
    ]
    found = {sort: videos(Arrangement(sort=sort), scans) for sort in ORDERS}
    assert found == {
        "subject": ["v-000", "v-001", "v-002"],
        "name": ["v-000", "v-001", "v-002"],
        "doubt": ["v-002", "v-000", "v-001"],
        "least": ["v-000", "v-002", "v-001"],
        "most": ["v-001", "v-002", "v-000"],
        "longest": ["v-001", "v-002", "v-000"],
    }


def test_pages_show_every_scan_once() -> None:
    scans = [scan(number) for number in range(2 * PER_PAGE + 1)]
    chosen = Arrangement(sort="name").chosen(scans)
    shown = []
    for page in range(1, last_page(len(chosen)) + 1):
        _, part = Arrangement(page=page).shown(chosen)
        shown += part
    assert shown == chosen


def test_a_page_that_no_longer_exists_becomes_the_last_one() -> None:
    arrangement, part = Arrangement(page=7).shown(SCANS)
    assert arrangement.page == 1
    assert part == SCANS


def test_a_label_on_a_single_frame_of_no_duration_is_all_of_it() -> None:
    assert share_done(scan(0, duration_s=0.0, labels={"a": 1})) == 1.0
    assert share_done(scan(0, duration_s=0.0)) == 0.0
