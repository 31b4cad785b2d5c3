"""Command lines that make again what a report shows."""

from collections.abc import Iterator
from typing import Any

from insonify.report.page.run_groups import flat


def pretrain_command(options: dict[str, Any]) -> str:
    """The command of a run, every option of it named.

    What a recipe leaves out (None) is left to the recipe. With STORE and RUN in it,
    whose names are nobody's business.
    """
    name = "pretrain" if "recipe" in options else "pretrain-gaze"
    return _command(f"insonify {name} STORE RUN", options)


def transfer_commands(classes: bool, facts: dict[str, Any]) -> list[str]:
    """The command of every predictions file that stands behind a table.

    Args:
        classes: Whether classes were predicted, else maps.
        facts: Those of the file, or of all files in ``parts``.
    """
    kind = "planes" if classes else "saliency"
    start = f"insonify transfer {kind} STORE [NAME=]RUN … --out {kind}.parquet"
    parts = facts.get("parts", [facts])
    made = [_command(start, each["options"]) for each in parts if "options" in each]
    return list(dict.fromkeys(made))


def _command(start: str, options: dict[str, Any]) -> str:
    return " \\\n  ".join([start, *_flags(flat(options))])


def _flags(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            parent, _, last = flag.rpartition(".")
            no = "" if value else "no-"
            yield f"--{parent}.{no}{last}" if parent else f"--{no}{last}"
        elif isinstance(value, list):
            yield f"--{flag} {' '.join(map(str, value))}"
        elif value is not None:
            yield f"--{flag} {value}"
