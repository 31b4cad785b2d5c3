"""``insonify render``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.markup import escape

from insonify.cli.console import console, progress_bar
from insonify.core.errors import ConfigError
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.deploy.kept_heads import learnt_heads
from insonify.deploy.look import Look
from insonify.deploy.render import OnProgress, Rendered, render
from insonify.deploy.scan import Scan, file_scan, split_name, stored_scan
from insonify.deploy.truth import Truth
from insonify.ingest.clean import CleanOptions
from insonify.ingest.deidentify import default_key_path, site_key
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Render:
    """Draw a scan into a video: heat where one would look, and which plane it shows.

    Under the frame a strip scrolls with the probability of every class. The classes and
    the heat are learnt on the spot, on the frozen encoder, from labels and gaze of the
    training subjects of a store; what the store lacks is left out. A file is read and
    cleaned as by `insonify ingest`, so that only pixels of its image are drawn.
    """

    scan: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SCAN")]
    """A file (DICOM, mp4, …), or STORE::VIDEO for a video of a store."""
    checkpoint: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CKPT")]
    """Run folder or checkpoint of the encoder."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT.mp4")]
    """The video to write."""
    store: Path | None = None
    """Store to learn from; by default that of STORE::VIDEO."""
    heads: Path | None = None
    """Folder of learnt heads: read if it is there, else made, so that the next scan
    needs no learning and no store."""
    truth: bool = False
    """Draw the store's own labels and the sonographer's gaze too; for STORE::VIDEO."""
    view: int = 1
    """Which image of a file that shows several side by side."""
    key: Path | None = None
    """The site's key, to tell whether a file's subject was seen in training; by default
    that of this site, where there is one."""
    overwrite: bool = False
    """Replace the video if it is there."""
    look: Annotated[Look, tyro.conf.arg(name="")] = field(default_factory=Look)
    learning: Annotated[HeadOptions, tyro.conf.arg(name="")] = field(
        default_factory=HeadOptions
    )
    cleaning: Annotated[
        tyro.conf.OmitArgPrefixes[CleanOptions], tyro.conf.arg(name="")
    ] = field(default_factory=CleanOptions)

    def run(self) -> int:
        """Learn or read the heads, then draw; 0 when done."""
        self._check()
        checkpoint = load_checkpoint(self.checkpoint)
        named = split_name(self.scan)
        store = self._store(named)
        scan = self._scan(named, store)
        if scan.views > 1:
            console.print(f"Image {self.view} of {scan.views}; see --view.")
        with progress_bar("frames") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(doing: str, done: int, total: int | None) -> None:
                bar.update(line, total=total, completed=done, figures=doing)

            heads = self._heads(store, checkpoint, show)
            truth = self._truth(named, scan, heads)
            found = render(
                scan, heads, self.out, self.look, truth=truth, on_progress=show
            )
        _tell(found, heads, truth, self.out)
        return 0

    def _check(self) -> None:
        if self.out.suffix != ".mp4":
            raise ConfigError(
                f"{self.out}: ends in {self.out.suffix!r}; end it in .mp4"
            )
        if self.out.exists() and not self.overwrite:
            raise ConfigError(
                f"{self.out}: exists; name another file or pass --overwrite"
            )

    def _store(self, named: tuple[Path, str] | None) -> Store | None:
        """The store to learn from."""
        path = self.store or (named[0] if named else None)
        return None if path is None else Store.open(path)

    def _scan(self, named: tuple[Path, str] | None, store: Store | None) -> Scan:
        if named is not None:
            return stored_scan(Store.open(named[0]), named[1])
        path = self.key or default_key_path()
        if self.key and not path.exists():
            raise ConfigError(f"{path}: no such file; name the key used at ingest")
        key = site_key(path) if path.exists() else None
        return file_scan(
            Path(self.scan), self.cleaning, view=self.view, key=key, store=store
        )

    def _heads(
        self, store: Store | None, checkpoint: Checkpoint, show: OnProgress
    ) -> Heads:
        kept = self.heads is not None and self.heads.exists()
        return learnt_heads(
            checkpoint,
            self.heads,
            None if kept and self.store is None else store,
            self.learning,
            on_progress=lambda doing: show(doing, 0, None),
        )

    def _truth(
        self, named: tuple[Path, str] | None, scan: Scan, heads: Heads
    ) -> Truth | None:
        if not self.truth:
            return None
        if named is None:
            raise ConfigError(
                "--truth needs a scan of a store, whose labels and gaze it shows; "
                "name it STORE::VIDEO"
            )
        known = heads.card.options
        return Truth.of(Store.open(named[0]), scan, known.task, known.window_s)


def _tell(found: Rendered, heads: Heads, truth: Truth | None, out: Path) -> None:
    """Say what was drawn, what was not, and whom the network has seen."""
    for reason in heads.card.left_out:
        console.print(f"Left out: {escape(reason)}.", soft_wrap=True)
    if truth is not None and truth.labels_T is None:
        console.print("Left out: the store has no labels of this scan.")
    if truth is not None and truth.points_T is None:
        console.print("Left out: the store has no gaze on this scan.")
    if found.hidden:
        console.print(f"No rows for {len(found.hidden)} classes, the least probable.")
    colour = "green" if found.seen.honest else "yellow"
    console.print(f"[{colour}]{found.seen}.[/]", soft_wrap=True)
    rows, columns = found.shape_HW
    console.print(
        f"Video: {out} ({found.frames} frames, {found.duration_s:.1f} s, "
        f"{columns} x {rows} pixels)",
        soft_wrap=True,
    )
