"""``insonify transfer gallery``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from insonify.cli.console import console, progress_bar
from insonify.cli.transfer import load_arms
from insonify.core.errors import ConfigError
from insonify.core.gallery import Gallery, write_gallery
from insonify.store import Store
from insonify.transfer.gallery import GalleryOptions, run_gallery
from insonify.transfer.progress import Step


@dataclass(frozen=True, kw_only=True)
class TransferGallery:
    """Map frames of held-out subjects as a pretrained encoder arranges them.

    Frames that the frozen encoder finds alike lie together, each with a small picture
    and the most alike frames of other subjects; `insonify report` shows the file on a
    page. THE FILE HOLDS PICTURES OF PATIENTS, and so does the page. No other command
    makes one: handle it as you handle the recordings.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store that has the frames and the split."""
    encoder: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="[NAME=]RUN")]
    """Run folder or checkpoint whose encoder arranges the frames, and the name it is
    given (without one, that of its recipe)."""
    out: Path
    """Gallery file to write, such as gallery.parquet."""
    overwrite: bool = False
    """Replace the gallery file if it is there."""
    options: Annotated[GalleryOptions, tyro.conf.arg(name="")]

    def run(self) -> int:
        """Arrange, with a live bar; 0 when done."""
        if self.out.exists() and not self.overwrite:
            raise ConfigError(
                f"{self.out}: exists; name another file or pass --overwrite"
            )
        (arm,) = load_arms((self.encoder,))
        with progress_bar("frames") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(step: Step) -> None:
                bar.update(
                    line, total=step.total, completed=step.done, figures=step.doing
                )

            gallery = run_gallery(Store.open(self.store), arm, self.options, show)
        write_gallery(self.out, gallery)
        for text in _said(gallery):
            console.print(text, highlight=False, soft_wrap=True)
        console.print(f"Gallery: {self.out}", soft_wrap=True)
        return 0


def _said(gallery: Gallery) -> list[str]:
    """What was made, in words."""
    known = gallery.facts
    subjects = len(set(gallery.rows["subject"].to_pylist()))
    lines = [
        f"{known['taken']} of {known['available']} frames of {subjects} "
        f"{known['role']} subjects, arranged by {gallery.arm}."
    ]
    if (agreement := known["agreement"]) is not None:
        lines.append(
            "The most alike frame of another subject has the same class for "
            f"{agreement['value']:.1%} of frames ({agreement['low']:.1%} to "
            f"{agreement['high']:.1%} over subjects); by chance "
            f"{agreement['chance']:.1%}."
        )
    lines.append(
        "The file holds pictures of patients: keep it where their recordings may be."
    )
    return lines
