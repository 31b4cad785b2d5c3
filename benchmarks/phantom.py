"""How fast phantom frames are drawn, and how they look.

``python benchmarks/phantom.py [--json OUT.json] [--sheet OUT.png]``

Times every programme of one subject at 224 x 288 on one core, receiver noise to grey
levels, without writing files; then one whole screen recording with its encoding.
The design asks for 40 frames/s. ``--sheet`` draws the 13 planes instead
(docs/phantom.png).
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from insonify.core.files import write_json
from insonify.phantom.exam import write_sweep
from insonify.phantom.look import draw_look
from insonify.phantom.options import PhantomOptions
from insonify.phantom.planes import PLANES, plane_pose
from insonify.phantom.scanner import Scanner
from insonify.phantom.subject import draw_subject
from insonify.phantom.sweep import PROGRAMMES, Approach, plan_sweep
from insonify.phantom.texture import make_texture

FRAMES = 60
OPTIONS = PhantomOptions(size=(224, 288), seconds=6, formats=("mp4",))


def drawing() -> Iterator[tuple[str, Scanner, Approach]]:
    """Every approach of one subject's four sweeps, its scanner warmed up."""
    texture = make_texture(0)
    subject, look = draw_subject(0, 0), draw_look(0, 0, OPTIONS.size)
    for number, programme in enumerate(PROGRAMMES):
        approaches = plan_sweep(subject, look, OPTIONS, number)
        for names, approach in zip(programme, approaches, strict=True):
            noise = np.random.default_rng(0)
            scanner = Scanner(subject.body, approach.device, texture, noise)
            scanner.frame(approach.path.pose(0), 0.0)
            yield ", ".join(names), scanner, approach


def draw(scanner: Scanner, approach: Approach) -> int:
    """Draw the first frames of an approach; returns how many."""
    count = min(FRAMES, len(approach.path))
    for index in range(count):
        scanner.frame(approach.path.pose(index), index / 30)
    return count


def writing() -> int:
    """One screen recording, drawn, composed and encoded; returns its frames."""
    with tempfile.TemporaryDirectory() as folder:
        return write_sweep(Path(folder), OPTIONS, 0, 0).frames


def rate(work: Callable[[], int]) -> float:
    """Frames a second of processor time: other work on the machine counts less."""
    start = time.process_time()
    return work() / (time.process_time() - start)


def sheet(number: int) -> Image.Image:
    """The 13 planes of one subject, one cell each, named."""
    rows, columns = OPTIONS.size
    texture = make_texture(0)
    subject, look = draw_subject(0, number), draw_look(0, number, OPTIONS.size)
    canvas = Image.new("L", (5 * columns, 3 * rows))
    for place, plane in enumerate(PLANES.values()):
        frame = subject.frames[plane.part]
        device = look.at_depth(plane.depth_mm * frame.size)
        scanner = Scanner(subject.body, device, texture, np.random.default_rng(0))
        image = scanner.frame(plane_pose(plane, frame, roll_deg=5), 0.1)
        corner = (place % 5 * columns, place // 5 * rows)
        canvas.paste(Image.fromarray(image), corner)
        text = (corner[0] + 6, corner[1] + 4)
        ImageDraw.Draw(canvas).text(text, plane.name, 255, ImageFont.load_default(13))
    return canvas


def time_all() -> dict[str, float]:
    rates: dict[str, float] = {}
    with threadpool_limits(1):
        for name, scanner, approach in drawing():
            rates[name] = rate(partial(draw, scanner, approach))
        writing()  # draws the noise volumes, which later sweeps share
        rates["screen recording, encoded"] = rate(writing)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    if arguments.sheet:
        sheet(1).save(arguments.sheet, optimize=True)
        return
    rates = time_all()
    table = Table("what", "frames/s on one core", title="Phantom, 224 x 288")
    for name, value in rates.items():
        table.add_row(name, f"{value:.0f}")
    Console().print(table)
    if arguments.json:
        record = {"machine": platform.processor() or platform.machine(), "rates": rates}
        write_json(arguments.json, record)


if __name__ == "__main__":
    main()
