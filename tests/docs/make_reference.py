"""Writes the pages of the reference that the program itself knows best.

    python tests/docs/make_reference.py [--check]

``docs/reference/command-line.md`` is what every command says to ``--help``, and
``docs/reference/recipes.md`` a table of all recipes. ``--check`` writes nothing, and
ends with 1 if a page is not what it should be.
"""

import argparse
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Final

import torch

from insonify.cli.main import _COMMANDS, run
from insonify.pretext.task import PretextTask
from insonify.recipes import RECIPES
from insonify.train.options import PretrainOptions

FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
_WIDTH: Final = 96
_MADE: Final = "<!-- Made by: python tests/docs/make_reference.py -->\n"
_GROUPS: Final = {
    "Begin": ("demo", "phantom", "doctor"),
    "Data": ("inspect", "ingest", "import", "triage", "gaze", "split"),
    "Learn": ("pretrain", "pretrain-gaze", "audit", "adopt"),
    "Test": (
        "transfer planes",
        "transfer saliency",
        "transfer gallery",
        "report",
        "card",
    ),
    "Use": ("predict", "render", "embed", "search", "review", "export"),
    "Studies": ("compare", "reproduce"),
}


def command_line() -> str:
    """The page of all commands."""
    missing = set(_COMMANDS) ^ {name for names in _GROUPS.values() for name in names}
    assert not missing, f"_GROUPS and the commands differ: {sorted(missing)}"
    parts = [
        _MADE,
        "# Command line\n",
        "What every command says to `--help`, of which these pages are made. A command "
        "ends with 0 when it is done, with 1 if a check failed, and with 2 and a "
        "message if it was asked for something that cannot be done.\n",
        "An option of a group is written with its name before it, such as "
        "`--knn.k 10`. `--no-…` switches off what is on.\n",
    ]
    helps = {name: command_help(name) for name in _COMMANDS}
    for group, names in _GROUPS.items():
        parts.append(f"## {group}\n")
        parts += [_row(name, helps[name]) for name in names]
        parts.append("")
    for group, names in _GROUPS.items():
        parts.append(f"## {group}: all options\n")
        parts += [_section(name, helps[name]) for name in names]
    return "\n".join(parts)


def command_help(name: str) -> str:
    """What ``insonify NAME --help`` prints, without colour, at one width."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):
        run([*name.split(), "--help"])
    assert said.getvalue().startswith(f"usage: insonify {name} "), said.getvalue()
    return "\n".join(line.rstrip() for line in said.getvalue().splitlines()) + "\n"


def _row(name: str, text: str) -> str:
    """A line of the overview: the first sentence of the command's description."""
    first = text.split("\n\n")[1].replace("\n", " ")
    return f"- [`insonify {name}`](#insonify-{name.replace(' ', '-')}): {first}"


def _section(name: str, text: str) -> str:
    return f"### insonify {name}\n\n```text\n{text}```\n"


def recipes() -> str:
    """The page of all recipes."""
    rows = [_recipe(name, make()) for name, make in RECIPES.items()]
    return "\n".join(
        [
            _MADE,
            "# Recipes\n",
            "Named configurations of `insonify pretrain STORE RUN --recipe NAME`; "
            "every option of one can be changed (add `--help`). `paper_…` have the "
            "paper's network, size and schedule, for a GPU, and have not been run to "
            "the end; all others are for two cores. "
            "What they ask is in [Pretext tasks](../concepts/tasks.md). *Shown* is how "
            "many frames the encoder sees in a step.\n",
            "| recipe | what for | asks | network | pixels | clips x frames | shown | "
            "steps | rate |",
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Most of the joint embeddings need `pip install 'insonify[baselines]'`; "
            "`insonify` and `simclr` do not.",
            "",
        ]
    )


def _recipe(name: str, options: PretrainOptions) -> str:
    first = " ".join((RECIPES[name].__doc__ or "").split("\n\n")[0].split())
    what = re.sub(r"; for (CPUs|a GPU).*$", ".", first).replace("``", "`")
    height, width = options.clips.size
    cells = (
        f"`{name}`",
        what,
        ", ".join(options.tasks),
        f"`{options.encoder}`",
        f"{height} x {width}",
        f"{options.batch} x {options.clips.frames}",
        str(sum(_shown(task, options) for task in options.tasks.values())),
        str(options.steps),
        f"{options.optimisation.learning_rate:g}",
    )
    return f"| {' | '.join(cells)} |"


def _shown(task: PretextTask, options: PretrainOptions) -> int:
    """Views that a task makes of a batch; made, not declared."""
    sides = [round(side * task.margin) for side in task.size]
    clips_BTHW = torch.zeros(2, options.clips.frames, *sides)
    answer = task.sample(2, torch.Generator().manual_seed(0))
    return int(task.apply(clips_BTHW, answer).shape[1]) * options.batch


PAGES: Final[dict[str, Callable[[], str]]] = {
    "command-line.md": command_line,
    "recipes.md": recipes,
}


def main() -> int:
    """Write the pages, or say which are not what they should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    # What some defaults and the width depend on, the same for everyone.
    os.environ |= {"COLUMNS": str(_WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    stale = 0
    for name, make in PAGES.items():
        page, text = FOLDER / name, make()
        if check and (not page.exists() or page.read_text(encoding="utf-8") != text):
            sys.stdout.write(f"{name} is stale: python tests/docs/make_reference.py\n")
            stale += 1
        elif not check:
            page.write_text(text, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
