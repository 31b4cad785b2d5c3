"""``insonify phantom``."""

from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from insonify.cli.console import console, progress_bar
from insonify.phantom import Outcome, PhantomOptions, make_phantom


@dataclass(frozen=True, kw_only=True)
class Phantom(PhantomOptions):
    """Draw synthetic fetal sweeps: videos, labels, events and gaze to try things on."""

    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """Folder to make; it must be absent or empty."""
    overwrite: bool = False
    """Replace an earlier phantom data set; no other folder is ever replaced."""
    workers: int = 0
    """Processes that draw; 0 draws in this one. The files are the same."""

    def run(self) -> int:
        """Draw, with a progress bar, and say what was drawn; 0 when done."""
        names = [field.name for field in fields(PhantomOptions)]
        options = PhantomOptions(**{name: getattr(self, name) for name in names})
        with progress_bar("sweeps") as bar:
            task = bar.add_task("", total=self.subjects * self.sweeps, figures="")
            frames = 0

            def on_sweep(outcome: Outcome) -> None:
                nonlocal frames
                frames += outcome.frames
                bar.update(task, advance=1, figures=f"{frames} frames")

            outcomes = make_phantom(
                self.out,
                options,
                on_sweep,
                overwrite=self.overwrite,
                workers=self.workers,
            )
        console.print(_summary(outcomes))
        console.print(
            f"{self.out}: {sum(len(outcome.files) for outcome in outcomes)} files, "
            f"{frames} frames, {self.subjects} subjects. Synthetic: for trying things "
            "out, not for results."
        )
        return 0


def _summary(outcomes: list[Outcome]) -> Table:
    """Seconds and occurrences of each plane."""
    seconds: defaultdict[str, float] = defaultdict(float)
    times: Counter[str] = Counter()
    for outcome in outcomes:
        for _, _, label, start, end in outcome.rows["labels"]:
            seconds[str(label)] += float(end) - float(start)
            times[str(label)] += 1
    table = Table("plane", "times", "seconds", title="Labels")
    for label in sorted(seconds):
        table.add_row(label, str(times[label]), f"{seconds[label]:.1f}")
    return table
