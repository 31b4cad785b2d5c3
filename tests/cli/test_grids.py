"""Tables of studies fit the console, whatever its width."""

import io

import pytest
from rich.console import Console

from insonify.cli.grids import fitting, show_grids
from insonify.studies.grid import Grid

GRID = Grid(
    title="Table 1. [planes]",
    heads=("arm", *(f"figure {number}" for number in range(9))),
    rows=tuple(
        (arm, *(f"0.{number}00 [0.{number}00, 0.{number}99]" for number in range(9)))
        for arm in ("random", "transform_only")
    ),
    notes=("Intervals: 95 %.",),
)


@pytest.mark.parametrize("width", [40, 80, 300])
def test_every_cell_is_shown_whole(width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    show_grids([GRID], console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    assert "…" not in text
    for cell in (*GRID.heads, GRID.title, *GRID.notes):
        assert cell in text
    for number in range(9):
        assert text.count(f"[0.{number}00, 0.{number}99]") == 2


def test_parts_repeat_the_arms_and_nothing_else() -> None:
    parts = list(fitting(GRID, 80))
    assert all(part[0] == 0 for part in parts)
    assert [column for part in parts for column in part[1:]] == list(range(1, 10))
    assert len(parts) > 1
    assert list(fitting(GRID, 300)) == [list(range(10))]
