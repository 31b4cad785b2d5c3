"""``insonify inspect``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console
from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.area.profiles import add_profile
from insonify.ingest.clean import CleanOptions
from insonify.ingest.inspection import Inspection, Kept, ViewFound, inspect_file
from insonify.ingest.sheet import write_sheet


@dataclass(frozen=True, kw_only=True)
class Inspect:
    """Show what ingest would keep of one file, and why; no store is written to."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """The file to look at."""
    sheet: Path | None = None
    """Draw the source frame with the image area (red) and its rectangle (green), the
    first, middle and last frame that would be kept, and why, into this PNG; also of a
    file that is refused. The source frame shows what is burned in."""
    overwrite: bool = False
    """Replace the PNG if it is there."""
    save_profile: Path | None = None
    """Append the image area that was found to this YAML file, as the profile of the
    device and picture shape."""
    options: Annotated[CleanOptions, tyro.conf.arg(name="")] = field(
        default_factory=CleanOptions
    )

    def run(self) -> int:
        """Print what was found; 0 if the file would be taken, 1 if not."""
        if self.sheet and self.sheet.exists() and not self.overwrite:
            raise ConfigError(f"{self.sheet}: exists; pass --overwrite to replace it")
        found = inspect_file(self.file, self.options)
        console.print(self._table(found))
        if self.sheet:
            _draw(found, self.sheet)
        if self.save_profile:
            _save(found, self.save_profile)
        return 1 if found.refusals else 0

    def _table(self, found: Inspection) -> Table:
        table = Table("", escape(self.file.name), title="insonify inspect")
        if found.recording is not None:
            rows, columns = found.recording.shape_HW
            table.add_row("source", f"{columns} x {rows} pixels")
        if found.refusal is not None:
            table.add_row("refused", f"[red]{escape(found.refusal)}[/]")
        for view in found.views:
            table.add_section()
            _describe(table, view)
        return table


def _describe(table: Table, view: ViewFound) -> None:
    if view.kept is not None:
        _describe_kept(table, view.kept, view.facts["frames"])
    if view.refusal is not None:
        table.add_row("refused", f"[red]{escape(view.refusal)}[/]")
    for name, value in view.facts.items():
        table.add_row(name.replace("_", " "), escape(str(value)))


def _describe_kept(table: Table, kept: Kept, count: object) -> None:
    height, width = kept.size
    table.add_row("kept", f"{count} frames of {width} x {height} pixels")
    table.add_row("duration", f"{kept.duration_s:.2f} s")
    table.add_row("segments", str(kept.segments))
    box = kept.glimpse.rectangle
    table.add_row("largest rectangle", f"{box.width} x {box.height} pixels")
    if kept.spacing_mm:
        down, right = kept.spacing_mm
        table.add_row("pixel", f"{down:.3f} mm down, {right:.3f} mm across")


def _draw(found: Inspection, path: Path) -> None:
    try:
        rows = found.rows()
    except IngestError:
        console.print("No contact sheet: no frame can be read.")
        return
    write_sheet(rows, path)
    console.print(f"Contact sheet: {path}", soft_wrap=True)


def _save(found: Inspection, path: Path) -> None:
    if found.recording is None or not found.views:
        console.print("No profile: no image area was found; say it with --area.")
        return
    outlines = tuple(view.area.outline for view in found.views)
    profile = add_profile(path, found.recording, outlines)
    shapes = ", ".join(place.shape for place in profile.area)
    console.print(f"Profile ({shapes}): {path}", soft_wrap=True)
