"""Registers the pages of the review app."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import Request
from nicegui import app, ui

from insonify.deploy.review.desk import Desk
from insonify.deploy.review.pages.queue import QueuePage
from insonify.deploy.review.pages.scan import NoScan, ScanPage
from insonify.deploy.review.pages.scans import ScansPage
from insonify.deploy.review.pages.shell import Shell

_ASSETS: Final = "/assets"
_HEAD: Final = f"""
<link rel="stylesheet" href="{_ASSETS}/pages.css">
<link rel="preload" as="fetch" href="{_ASSETS}/player.css" crossorigin>
<script type="module" src="{_ASSETS}/player.js"></script>
<script type="module" src="{_ASSETS}/pages.js"></script>
"""


def register_pages(desk: Desk) -> None:
    """Register all pages, and what they load."""
    folder = Path(str(files("insonify.deploy.review") / "assets"))
    app.add_static_files(_ASSETS, folder, max_cache_age=0)
    # Every module is asked for at once, not when the one that imports it has come.
    modules = "".join(
        f'<link rel="modulepreload" href="{_ASSETS}/{path.name}">\n'
        for path in sorted(folder.glob("*.js"))
    )
    ui.add_head_html(_HEAD + modules, shared=True)

    def window(request: Request) -> None:
        """One browser window; within it, pages change without being loaded anew."""
        shell = Shell(desk, request)
        routes: dict[str, Callable[..., None]] = {
            "/": lambda: shell.show(ScansPage(shell), "Scans"),
            "/queue": lambda: shell.show(QueuePage(shell), "What next"),
            "/scan/{video}": lambda video: _show_scan(shell, video),
        }
        ui.sub_pages(routes)

    for path in ("/", "/queue", "/scan/{video}"):
        ui.page(path)(window)


def _show_scan(shell: Shell, video: str) -> None:
    scan = next((one for one in shell.desk.scans() if one["video"] == video), None)
    if scan is None:
        shell.show(NoScan(shell, video), "No such scan")
    else:
        shell.show(ScanPage(shell, scan), video)
