"""Draws the pictures of the gallery and of the how-to guides, from commands alone.

    python -m tests.docs.make_gallery

Writes ``docs/images/*.webp``: five minutes on two cores; needs a Chromium. Everything
that is seen is synthetic.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

import av
from PIL import Image

from tests.browser import Page, browser

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_PORT: Final = 8799
_WIDTH: Final = 900
_QUALITY: Final = 70
_PAGES: Final = {
    "triage": "Frames that were kept",
    "alike": "Frames like this one",
    "report": "At a glance",
}
"""Pages that commands draw, and the heading from which on they are shown."""
_SCROLL: Final = """
[...document.querySelectorAll("h1, h2, h3, h4")].find(
    each => each.textContent.includes("{heading}")).scrollIntoView()
"""
_MAKE: Final = """
insonify phantom archive --subjects 6 --seconds 4 --fps 15
insonify ingest archive/videos store --subjects archive/subjects.csv \
    --label-table archive/labels.csv
insonify gaze archive/videos store --gaze archive/gaze.csv --format neutral \
    --px-per-cm 8
insonify split store folds --folds 3 --task plane
insonify pretrain store runs/fold-0 --recipe demo --split folds --fold 0
insonify inspect archive/videos/phantom-000/exam-1/sweep-1.mp4 --sheet sheet.png
insonify triage store --out triage.html
insonify render archive/videos/phantom-000/exam-1/sweep-2-1.dcm runs/fold-0 scan.mp4 \
    --store store --heads heads
insonify embed store runs/fold-0
insonify transfer gallery store runs/fold-0 --task plane --split folds --out g.parquet
insonify transfer planes store runs/fold-0 --task plane --split folds --seeds 0 \
    --out p.parquet
insonify report p.parquet g.parquet runs/fold-0 store --out report.html
"""


def main() -> int:
    """Make everything in a folder that is forgotten, and keep the pictures."""
    with tempfile.TemporaryDirectory(prefix="insonify-gallery-") as name:
        folder = Path(name)
        _run(_MAKE, folder)
        video = _first_video(folder)
        _run(f"insonify search store --like {video}@0.5s --page alike.html", folder)
        IMAGES.mkdir(exist_ok=True)
        _keep(Image.open(folder / "sheet.png"), "inspect-sheet")
        _keep(_middle(folder / "scan.mp4"), "render")
        with browser() as page:
            for stem, heading in _PAGES.items():
                page.resize(1000, 760)
                page.visit((folder / f"{stem}.html").as_uri())
                time.sleep(2)
                page.run(_SCROLL.format(heading=heading))
                time.sleep(1)
                _keep(_shown(page), stem)
            _app(page, folder, video)
    return 0


def _run(commands: str, folder: Path) -> None:
    subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=_environment(folder), check=True
    )


def _environment(folder: Path) -> dict[str, str]:
    programs = Path(sys.executable).parent
    return os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(folder / "config"),
    }


def _first_video(folder: Path) -> str:
    from insonify.store import Store  # noqa: PLC0415

    videos = Store.open(folder / "store").labels()
    return str(
        next(row["video"] for row in videos.to_pylist() if row["label"] == "abdominal")
    )


def _middle(path: Path) -> Image.Image:
    with av.open(path) as movie:
        frames = [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]
    return Image.fromarray(frames[len(frames) // 2])


def _shown(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.picture()))


def _app(page: Page, folder: Path, video: str) -> None:
    """The page of a scan in the app."""
    command = ["insonify", "review", "store", "--checkpoint", "runs/fold-0"]
    command += ["--no-browser", "--port", str(_PORT), "--author", "Ada"]
    process = subprocess.Popen(command, cwd=folder, env=_environment(folder))
    try:
        address = f"http://127.0.0.1:{_PORT}"
        _wait(address)
        page.resize(1100, 720)
        page.visit(f"{address}/scan/{video}")
        time.sleep(6)
        _keep(_shown(page), "app-scan")
    finally:
        process.terminate()
        process.wait()


def _wait(address: str) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def _keep(picture: Image.Image, name: str) -> None:
    """Write a picture of at most 900 pixels' width."""
    picture = picture.convert("RGB")
    if picture.width > _WIDTH:
        height = round(picture.height * _WIDTH / picture.width)
        picture = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS)
    picture.save(IMAGES / f"{name}.webp", quality=_QUALITY, method=6)


if __name__ == "__main__":
    sys.exit(main())
