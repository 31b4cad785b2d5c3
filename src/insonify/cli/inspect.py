"""``insonify inspect``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console
from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.clean import CleanOptions, Names, clean
from insonify.ingest.reading import read
from insonify.ingest.sheet import contact_sheet


@dataclass(frozen=True, kw_only=True)
class Inspect:
    """Show what ingest would keep of one file, and why; no store is written to."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """The file to look at."""
    sheet: Path | None = None
    """Draw the source frame with the image area (red) and its rectangle (green), and
    the first, middle and last frame that would be kept, into this PNG."""
    overwrite: bool = False
    """Replace the PNG if it is there."""
    options: Annotated[CleanOptions, tyro.conf.arg(name="")] = field(
        default_factory=CleanOptions
    )

    def run(self) -> int:
        """Print what was found; 0 if the file would be taken, 1 if not."""
        if self.sheet and self.sheet.exists() and not self.overwrite:
            raise ConfigError(f"{self.sheet}: exists; pass --overwrite to replace it")
        table = Table("", escape(self.file.name), title="insonify inspect")
        try:
            recording = read(self.file, self.options.damaged)
            video = clean(recording, Names("s", "e", "v"), self.options)
        except IngestError as error:
            table.add_row("refused", f"[red]{escape(str(error))}[/]")
            console.print(table)
            return 1
        count, height, width = video.frames_THW.shape
        rows, columns = recording.shape_HW
        table.add_row("source", f"{columns} x {rows} pixels")
        table.add_row("kept", f"{count} frames of {width} x {height} pixels")
        table.add_row("duration", f"{video.times_s_T[-1]:.2f} s")
        table.add_row("segments", str(video.segments_T[-1] + 1))
        box = video.rectangle
        table.add_row("largest rectangle", f"{box.width} x {box.height} pixels")
        if video.spacing_mm:
            down, right = video.spacing_mm
            table.add_row("pixel", f"{down:.3f} mm down, {right:.3f} mm across")
        for name, value in video.facts.items():
            table.add_row(name.replace("_", " "), escape(str(value)))
        console.print(table)
        if self.sheet:
            contact_sheet(recording, video, self.options, self.sheet)
            console.print(f"Contact sheet: {self.sheet}", soft_wrap=True)
        return 0
