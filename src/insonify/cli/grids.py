"""Tables of studies on a console, which is narrower than a page."""

from collections.abc import Iterator, Sequence

import rich.box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from insonify.studies.grid import Grid

_BETWEEN = 1


def show_grids(grids: Sequence[Grid], console: Console) -> None:
    """Print tables; one that is too wide is printed in parts that repeat the arms."""
    for grid in grids:
        console.print(f"[bold]{escape(grid.title)}", highlight=False)
        for part in fitting(grid, console.width):
            console.print(_table(grid, part))
        for note in grid.notes:
            line = Padding(escape(note), (0, 0, 0, 2))
            console.print(line, style="dim", highlight=False)
        console.print()


def fitting(grid: Grid, width: int) -> Iterator[list[int]]:
    """Columns of each part that fits ``width``, the first of them in every part."""
    widths = [
        _BETWEEN + max(cell_len(line) for cell in column for line in _lines(cell))
        for column in zip(grid.heads, *grid.rows, strict=True)
    ]
    part, used = [0], widths[0]
    for column in range(1, len(widths)):
        if used + widths[column] > width and len(part) > 1:
            yield part
            part, used = [0], widths[0]
        part.append(column)
        used += widths[column]
    yield part


def _table(grid: Grid, columns: Sequence[int]) -> Table:
    shown = Table(box=rich.box.SIMPLE, padding=(0, _BETWEEN, 0, 0), pad_edge=False)
    for column in columns:
        shown.add_column("\n".join(map(escape, _lines(grid.heads[column]))))
    for row in grid.rows:
        shown.add_row(*("\n".join(map(escape, _lines(row[c]))) for c in columns))
    return shown


def _lines(cell: str) -> list[str]:
    """A figure and its interval stand on lines of their own."""
    value, bracket, interval = cell.partition(" [")
    return [value, f"[{interval}"] if bracket else [cell]
