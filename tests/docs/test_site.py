"""The site is built without a warning, its links lead somewhere, and it asks nobody."""

import re
import shutil
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser import browser

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
_LOADED: Final = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
}
"""What a browser fetches by itself."""
_NOT_FETCHED: Final = {"canonical", "next", "prev", "alternate"}
_MOST_BYTES: Final = 750_000
"""Of all pictures."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and does not log."""

    def log_message(self, *_: Any) -> None:
        pass


class Parts(HTMLParser):
    """What a page links to, fetches, and can be jumped to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = {""}
        self.feed(text)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        found = {name: value or "" for name, value in attributes}
        self.places |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if found.get("rel") not in _NOT_FETCHED:
            names = _LOADED.get(tag, ())
            self.fetched += [found[name] for name in names if name in found]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from a copy, so that several may do so at once."""
    pytest.importorskip("zensical")
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "zensical.toml", folder)
    program = Path(sys.executable).parent / "zensical"
    done = subprocess.run(
        [program, "build", "--clean", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Parts]:
    return {
        page: Parts(page.read_text(encoding="utf-8"))
        for page in site.rglob("*.html")
        if page.name != "404.html"  # Its links are of wherever it is shown.
    }


@pytest.mark.slow
def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    named = re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text())
    there = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(named) == sorted(there)
    for name in there:
        assert (site / name).with_suffix(".html").exists(), name


@pytest.mark.slow
def test_every_link_leads_somewhere(pages: dict[Path, Parts]) -> None:
    wrong = []
    for page, parts in pages.items():
        for link in parts.links:
            split = urlsplit(link)
            if split.scheme or split.netloc:
                continue
            aim = (page.parent / unquote(split.path)).resolve() if split.path else page
            aim = aim / "index.html" if aim.is_dir() else aim
            places = pages[aim].places if aim in pages else {unquote(split.fragment)}
            if not aim.exists() or unquote(split.fragment) not in places:
                wrong.append((page.name, link))
    assert sum(len(parts.links) for parts in pages.values()) > 100
    assert not wrong


@pytest.mark.slow
def test_no_page_asks_another_server(site: Path, pages: dict[Path, Parts]) -> None:
    asked = {
        (page.name, each)
        for page, parts in pages.items()
        for each in parts.fetched
        if urlsplit(each).scheme in ("http", "https") or each.startswith("//")
    }
    assert any(parts.fetched for parts in pages.values())
    assert not asked
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(['\"]?(https?:)?//", text), sheet.name


@pytest.mark.slow
def test_a_browser_fetches_nothing_from_elsewhere(site: Path) -> None:
    """Neither by scripts, which the pages' text does not show."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        with browser() as page:
            for name in ("index.html", "gallery.html", "reference/api.html"):
                page.visit(f"{address}/{name}")
                page.run("new Promise(done => setTimeout(done, 500))")
                fetched = page.run(
                    "performance.getEntriesByType('resource').map(each => each.name)"
                )
                assert fetched
                assert all(each.startswith(f"{address}/") for each in fetched), fetched
                assert not page.complaints, name
                assert page.run("document.documentElement.scrollWidth <= innerWidth")
    finally:
        server.shutdown()
        server.server_close()


def test_links_between_sources_lead_somewhere() -> None:
    """Also for who reads the pages where they lie, without the site."""
    for page in DOCS.rglob("*.md"):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            split = urlsplit(link)
            if not split.scheme and split.path:
                assert (page.parent / split.path).exists(), (page.name, link)


def test_pictures_are_small() -> None:
    sizes = {
        path.name: path.stat().st_size
        for path in DOCS.rglob("*")
        if path.suffix in (".gif", ".jpg", ".png", ".webp")
    }
    assert sizes
    assert sum(sizes.values()) < _MOST_BYTES, sizes
