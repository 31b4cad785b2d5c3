"""The whole app in real browsers: find, watch, label, undo, search, learn, take away.

Each test has scans of its own, since all share one store and one server.
"""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from insonify.store import Store, Stretch
from tests.browser import Page, browser
from tests.deploy.review.app import (
    TASK,
    Window,
    make_checkpoint,
    make_store,
    serving,
    wait_for,
)

pytestmark = pytest.mark.slow

_NOT_LABELLED: Final = ("v-0004", "v-0005", "v-0006", "v-0007")
"""Scans of the subjects without labels."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store under review."""
    path = tmp_path_factory.mktemp("app") / "store"
    make_store(path)
    return path


@pytest.fixture(scope="module")
def base(path: Path) -> Iterator[str]:
    """The app's address."""
    checkpoint = make_checkpoint(path.parent / "encoder.safetensors")
    learnt = ("--checkpoint", str(checkpoint), "--split", "halves")
    with serving(path, *learnt) as address:
        yield address


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as one:
        yield one


@pytest.fixture
def window(page: Page, base: str) -> Iterator[Window]:
    """A window of somebody called Ada; the console must have stayed silent."""
    one = Window(page, base, "Ada")
    yield one
    assert page.complaints == []


def stretches(path: Path, video: str, author: str | None = None) -> list[Stretch]:
    """What holds of a scan, as another process reads it, perhaps of one author."""
    found = Store.open(path).stretches(video, TASK)
    return [each for each in found if author is None or each.author == author]


def test_the_list_is_found_through_and_remembered(window: Window) -> None:
    window.open("/")
    assert window.count(".scan-card") == 16
    assert window.text(".scans-head h1") == "16 scans"
    assert "labels in 12 of 16 scans" in window.text(".scans-head")
    window.page.wait(
        "[...document.images].slice(0, 3).every((one) => one.naturalWidth)"
    )

    window.click("[type=search]")
    window.page.write("s-2")
    window.wait_text(".scans-head h1", "2 scans of 16")
    assert window.address == "/?q=s-2"
    assert window.count(".scan-card") == 2

    window.click(".scan-card")
    window.wait_player("v-0004")
    assert window.address.startswith("/scan/v-0004")
    window.page.run("history.back()")
    window.wait_text(".scans-head h1", "2 scans of 16")
    assert window.page.run("document.querySelector('[type=search]').value") == "s-2"

    window.open("/?unlabelled=1")
    cards = "[...document.querySelectorAll('.scan-card b')].map((one) => one.innerText)"
    assert window.page.run(cards) == list(_NOT_LABELLED)


def test_next_and_previous_go_through_the_list_as_it_was_filtered(
    window: Window,
) -> None:
    window.open("/?q=coarse")
    window.click(".scan-card")
    window.wait_text(".scan-line h1", "v-0000")
    for key, video in (("n", "v-0002"), ("n", "v-0008"), ("p", "v-0002")):
        window.page.press(key)
        window.wait_text(".scan-line h1", video)
        window.page.wait(f"location.pathname === '/scan/{video}'")
    window.wait_player("v-0002")


def test_a_scan_is_watched_and_its_address_says_where(window: Window) -> None:
    window.open_scan("v-0000", 7)
    assert window.frame == 7
    for key, frame in (("ArrowRight", 8), ("End", 39), ("ArrowLeft", 38)):
        window.page.press(key)
        assert window.frame == frame
    window.page.wait("location.search === '?frame=38'")
    window.page.press(" ")
    window.page.press("Home")
    window.page.wait("document.querySelector('insonify-player').current > 2")
    window.page.press("k")


def test_a_frame_is_labelled_by_a_key_and_taken_back(
    window: Window, path: Path
) -> None:
    video = "v-0004"
    window.open_scan(video, 10)
    window.page.press("2")
    (given,) = wait_for(lambda: stretches(path, video))
    assert (given.label, given.author) == ("fine", "Ada")
    assert given.start_s == given.end_s == pytest.approx(0.5)
    assert given.unix_ms == pytest.approx(time.time() * 1000, abs=60_000)

    window.page.press("z", "ctrl")
    window.page.wait(f"!{window.part('redo')}.disabled")
    assert stretches(path, video) == []
    window.page.press("z", "ctrl", "shift")
    assert wait_for(lambda: stretches(path, video))[0].label == "fine"

    window.open_scan(video, 10)
    assert "1 labelled stretch" in window.page.run(
        f"{window.part('lanes')}.getAttribute('aria-label')"
    )


def test_an_interval_is_dragged_and_labelled(window: Window, path: Path) -> None:
    video = "v-0005"
    window.open_scan(video)
    left, top, width, height = window.box(window.part("lanes"))
    # The last frame is shown for 0.05 s, so two seconds fill the width.
    start, end = (left + width * (time_s + 0.025) / 2 for time_s in (0.4, 1.2))
    window.page.drag(start, end, top + height - 12)
    window.page.press("1")
    (given,) = wait_for(lambda: stretches(path, video))
    assert given.label == "coarse"
    assert given.start_s == pytest.approx(0.4, abs=1e-6)
    assert given.end_s == pytest.approx(1.2, abs=1e-6)


def test_two_reviewers_keep_each_others_labels(window: Window, path: Path) -> None:
    video = "v-0001"
    with browser() as second:
        other = Window(second, window.base, "Béla")
        window.open_scan(video, 30)
        other.open_scan(video, 35)
        before = len(stretches(path, video))
        window.page.press("1")
        other.page.press("2")
        wait_for(lambda: len(stretches(path, video)) == before + 2)
        # Each sees the other's within moments, without loading the page anew.
        seen = f"{window.part('lanes')}.getAttribute('aria-label')"
        for each in (window, other):
            each.page.wait(f"{seen}.includes('{before + 2} labelled stretches')")
        other.page.press("z", "ctrl")
        wait_for(lambda: not stretches(path, video, "Béla"))
        assert [each.label for each in stretches(path, video, "Ada")] == ["coarse"]
        assert second.complaints == []


def test_similar_frames_are_found_and_opened(window: Window) -> None:
    window.open_scan("v-0002", 12)
    window.wait_text(".beside", "to frame 12")
    found = window.ask("/api/similar/v-0002/12")
    assert window.count(".hit") == len(found) > 3
    best = found[0]
    assert best["video"] != "v-0002"
    window.click(".hit")
    window.wait_player(best["video"])
    assert window.address.startswith(f"/scan/{best['video']}?")
    window.page.wait(f"location.search === '?frame={best['frame']}'")
    assert window.frame == best["frame"]
    window.page.run("history.back()")
    window.wait_player("v-0002")
    assert window.frame == 12


def test_key_frames_seek(window: Window) -> None:
    window.open_scan("v-0003", 20)
    best = window.ask("/api/planes/v-0003")["best"]
    window.wait_text(".key-frame", "%")
    assert window.count(".key-frame") == len(best) == 2
    shown = window.text(".key-frame").split()[0]
    window.click(".key-frame")
    assert window.frame == best[shown]


def test_the_queue_labels_goes_on_and_learns(window: Window, path: Path) -> None:
    window.author = "Dora"
    window.open("/queue")
    window.page.wait("!!document.querySelector('.glance-picture')?.naturalWidth")
    assert window.count(".guess") == 2
    assert window.count(".glance-strip button") > 2
    first = asked(window)

    window.page.press("1")
    window.page.wait(f"{_ASKED} !== {json.dumps(first)}")
    video, frame = first.split("@")
    (said,) = wait_for(lambda: stretches(path, video, "Dora"))
    assert said.start_s == said.end_s == pytest.approx(int(frame) / 20)
    window.wait_text(".queue-line", "1 label given")

    window.page.press("ArrowLeft")
    window.page.wait(f"{_ASKED} === {json.dumps(first)}")
    wait_for(lambda: not stretches(path, video, "Dora"))

    window.page.press(" ")
    window.page.wait(f"{_ASKED} !== {json.dumps(first)}")
    version = window.ask("/api/state")["version"]
    window.page.press("r")
    window.wait_text(".toasts", "Learnt from")
    assert window.ask("/api/state")["version"] > version
    points = window.ask("/api/curve")
    assert window.count(".curve-point") == len(points) >= 1

    # The subjects that examine can be asked about, too.
    window.click(".queue-side .check input")
    window.page.wait(
        "/^s-[4-7]$/.test(document.querySelector('.queue-line h1').innerText)"
    )


_ASKED: Final = (
    "((one) => `${one.getAttribute('video')}@${one.getAttribute('frame')}`)"
    "(document.querySelector('insonify-glance'))"
)


def asked(window: Window) -> str:
    """Video and frame that the queue shows."""
    return str(window.page.run(_ASKED))


def test_a_class_is_added_in_the_queue(window: Window) -> None:
    window.open("/queue")
    window.click(".add-class .field")
    window.page.write("in <between>")
    window.click(".add-class .button")
    window.wait_text(".guess:nth-child(3)", "in <between>")


def test_a_label_needs_a_name(window: Window, path: Path) -> None:
    window.author = ""
    window.open("/queue")
    window.page.wait("!!document.querySelector('.glance-picture')?.naturalWidth")
    first = asked(window)
    window.page.press("1")
    window.wait_text(".toasts", "Say first who you are")
    assert asked(window) == first
    window.click(".app-author .field")
    window.page.write("Cleo")
    window.page.press("Tab")
    window.page.wait("document.cookie.includes('insonify_author=Cleo')")
    window.page.run("document.activeElement.blur()")
    window.page.press("1")
    window.page.wait(f"{_ASKED} !== {json.dumps(first)}")
    assert wait_for(lambda: stretches(path, first.split("@")[0], "Cleo"))


def test_export_gives_pictures_and_tables(window: Window) -> None:
    window.open_scan("v-0008")
    address = window.page.run("document.querySelector('a[download]').href")
    with urllib.request.urlopen(address) as told:
        archive = zipfile.ZipFile(io.BytesIO(told.read()))
    names = archive.namelist()
    tables = [name for name in names if name.endswith(".csv")]
    assert sorted(name.split("/")[-1] for name in tables) == [
        "frames.csv",
        "keyframes.csv",
    ]
    pictures = [name for name in names if name.endswith(".png")]
    assert pictures
    assert all(archive.read(name).startswith(b"\x89PNG") for name in pictures)


def test_the_light_is_remembered(window: Window) -> None:
    window.open_scan("v-0000")
    dark = "document.body.classList.contains('body--dark')"
    theme = "document.querySelector('insonify-player').getAttribute('theme')"
    assert window.page.run(dark)
    window.click(".icon-button")
    window.page.wait(f"!{dark} && {theme} === 'light'")
    window.open_scan("v-0000")
    assert not window.page.run(dark)
    assert window.page.run(theme) == "light"
    window.click(".icon-button")
    window.page.wait(f"{dark} && {theme} === 'dark'")


def test_links_on_the_list_forget_what_was_searched_for(window: Window) -> None:
    window.open("/?q=s-2&sort=longest")
    assert window.count(".scan-card") == 2
    window.click(".app-links a[href='/']")
    window.page.wait("document.querySelectorAll('.scan-card').length === 16")
    assert window.page.run("document.querySelector('[type=search]').value") == ""


def test_pages_can_be_left_while_they_are_still_asking(window: Window) -> None:
    """The app's fixture sees to it that the server does not complain either."""
    window.open("/")
    for _ in range(4):
        for place in ("/queue", "/", "/scan/v-0001", "/queue", "/scan/v-0002"):
            window.page.run(f"emitEvent('sub_pages_navigate', {json.dumps(place)})")
            time.sleep(0.03)
    window.wait_player("v-0002")
    window.wait_text(".beside", "to frame 0")


def test_what_is_not_there_says_so(window: Window) -> None:
    window.open("/scan/v-none")
    assert "There is no scan v-none" in window.text(".empty")
