"""How much memory every command takes, what it grows with, and whether it leaks.

PYTHONPATH=. python benchmarks/memory.py [--commands NAME …] [--again] [--no-growth]
    [--result NAME]

Runs every sub-command of `insonify` as users run it, in a small folder and in a large
one, which are made here (a phantom of 6 and 30 subjects, a recording of the screen, a
copy of a published set, predictions), and watches the resident memory of its tree of
processes every 50 ms. What lies between small and large is the slope. --again does the
small one twice, which says how far a figure can be trusted. `compare`, `reproduce` and
`demo`, which are long and made of the others, run if they are named.

Growth: `pretrain` for 1,200 steps, `ingest` of 3,000 files, 1,000 requests to the
review app and 3,000 searches; the slope is that of the last two thirds of the time,
its interval a bootstrap over a tenth of them at a time.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from memory_commands import COMMANDS, NAMES, Command, chosen
from memory_growth import growths
from memory_scene import LARGE, SMALL, Scene
from memory_visitor import Visitor
from memory_watch import Watched, watch
from table import show

from insonify.store import Store

_REQUESTS = 80


def ran(command: Command, scene: Scene) -> Watched:
    """Run a command in a scene to its end.

    Raises:
        RuntimeError: it ended in another way than it should.
    """
    words = [*command.sub_command.split(), *command.words(scene)]
    log = scene / "log"
    visitor = None
    if command.serves:
        videos = Store.open(scene.store).frames().video_ids
        visitor = Visitor(scene.port, videos, _REQUESTS)
    found = watch(
        [sys.executable, "-m", "insonify", *words],
        log=log,
        environment={"XDG_CONFIG_HOME": str(scene / "config")},
        beside=visitor,
    )
    if found.code != 0:
        said = log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"insonify {command.name} ended with {found.code}: {said}")
    return found


def measured(
    names: list[str], scratch: Path, *, again: bool
) -> list[dict[str, object]]:
    """A row for each command."""
    scenes = [Scene(scratch / "small", SMALL), Scene(scratch / "large", LARGE)]
    if again:
        scenes.insert(1, Scene(scratch / "again", SMALL))
    for scene in scenes:
        scene.begin()
    rows = []
    for command in chosen(names):
        there = scenes[:1] if command.same else scenes
        found = [ran(command, scene) for scene in there]
        counts = [command.count(scene) for scene in there]
        row = _row(command, found, counts)
        print(" | ".join(f"{value}" for value in row.values()), flush=True)
        if command.name in names or command.sub_command in names:
            rows.append(row)
    return rows


def _row(
    command: Command, found: list[Watched], counts: list[int]
) -> dict[str, object]:
    smalls = [each.peak_mib for each in found[:-1]] or [found[0].peak_mib]
    base, large = statistics.mean(smalls), found[-1].peak_mib
    more = (counts[-1] - counts[0]) / 1000
    return {
        "command": command.name,
        "small, MiB": base,
        "apart, MiB": max(smalls) - min(smalls),
        "large, MiB": large,
        "largest process, MiB": found[-1].largest_mib,
        "of": f"{counts[0]} / {counts[-1]} {command.per}",
        "MiB / 1000": (large - base) / more if more else "",
        "seconds": " / ".join(f"{each.seconds:.0f}" for each in found),
    }


def main() -> None:
    every = [command.name for command in COMMANDS if not command.long]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--commands", nargs="*", default=every, choices=NAMES, metavar="NAME"
    )
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--result", default="memory")
    parser.add_argument("--no-growth", dest="growth", action="store_false")
    asked = parser.parse_args()
    scratch = Path(tempfile.mkdtemp())
    try:
        if asked.commands:
            show(asked.result, measured(asked.commands, scratch, again=asked.again))
        if asked.growth:
            show(f"{asked.result}_growth", list(growths(scratch / "growth")))
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
