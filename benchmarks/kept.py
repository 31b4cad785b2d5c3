"""File by file: what ingest keeps of real recordings, and why.

python benchmarks/kept.py FOLDER [FOLDER …] [--sheets OUT]

Public files only: their names are printed. With --sheets it draws each, too.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from table import show

from insonify.ingest.clean import CleanOptions
from insonify.ingest.folder.walk import walk
from insonify.ingest.inspection import Inspection, inspect_file
from insonify.ingest.sheet import write_sheet

_DROPPED = ("black", "frozen", "lift_off", "colour", "duplicates", "replays")


def rows(file: str, found: Inspection) -> Iterator[dict[str, object]]:
    """A row for each view of a file, or one that says why there is none."""
    empty: dict[str, object] = dict.fromkeys(
        ("kind", "area", "share", "read", "kept", "dropped", "cuts", "refused"), ""
    )
    if not found.views:
        yield {"file": file} | empty | {"refused": found.refusal}
    for view in found.views:
        facts = view.facts
        dropped = [f"{facts[name]} {name}" for name in _DROPPED if facts.get(name)]
        yield {
            "file": file,
            "kind": f"{facts['container']}, {facts.get('codec', '')}",
            "area": view.area.method,
            "share": f"{view.area.mask_HW.mean():.0%}",
            "read": facts["frames_read"],
            "kept": facts["frames"],
            "dropped": ", ".join(dropped),
            "cuts": facts["cuts"],
            "refused": view.refusal or "",
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--full", action="store_true", help="the whole picture is it")
    asked = parser.parse_args()
    options = replace(CleanOptions(), area="full" if asked.full else "auto")
    told: list[dict[str, object]] = []
    for folder in asked.folders:
        for path in walk(folder):
            found = inspect_file(path, options)
            told += rows(path.relative_to(folder).as_posix(), found)
            if asked.sheets and found.recording and found.views:
                name = path.relative_to(folder).as_posix().replace("/", "_")
                write_sheet(found.rows(), asked.sheets / f"{name}.png")
    show("kept", told)


if __name__ == "__main__":
    main()
