"""The first day: a password, no encoder, no labels, no classes; then a label.

And the day before it: a store without scans.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from insonify.deploy.review.password import PasswordHash
from insonify.store import Store, StoreSettings
from tests.browser import Page, browser
from tests.conftest import drifting_video
from tests.deploy.review.app import Window, serving, wait_for

pytestmark = pytest.mark.slow

_PASSWORD: Final = "seven quiet transducers"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as one:
        yield one


def test_the_first_label(tmp_path: Path, page: Page) -> None:
    path, hashed = tmp_path / "store", tmp_path / "password"
    store = Store.create(path, StoreSettings())
    PasswordHash.of(_PASSWORD).save(hashed)
    with serving(path, "--password-file", str(hashed)) as base:
        window = Window(page, base, "Ada")
        page.visit(base + "/")
        page.wait("location.pathname === '/login'")
        told = "!!document.querySelector('[role=alert]')"
        for password, then in (("not this one", told), (_PASSWORD, "!!window.socket")):
            window.click("input[type=password]")
            page.write(password)
            page.press("Enter")
            page.wait(then)
        refused = [each for each in page.complaints if "401" not in each]
        assert refused == []
        window.wait_text(".empty", "There are no scans in this store yet")

        # Scans that come are shown without a reload.
        store.commit([store.write_video(drifting_video(1), "f-1")])
        page.wait("document.querySelectorAll('.scan-card').length === 1")

        window.click(".app-links a[href='/queue']")
        window.wait_text(".empty", "insonify review STORE --checkpoint RUN")
        window.wait_text(".queue-side", "No classes yet")
        for name in ("head", "femur"):
            window.click(".add-class .field")
            page.write(name)
            page.press("Enter")
            page.wait(f"document.querySelectorAll('.guess').length === {_count(name)}")

        window.open_scan("v-0001", 5)
        page.press("2")
        (given,) = wait_for(lambda: Store.open(path).stretches("v-0001", "plane"))
        assert (given.label, given.author) == ("femur", "Ada")
        assert "insonify embed" in window.text(".beside")


def _count(name: str) -> int:
    return ("head", "femur").index(name) + 1
