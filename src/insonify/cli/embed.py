"""``insonify embed``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.filesize import decimal
from rich.markup import escape

from insonify.cli.console import console, progress_bar
from insonify.core.errors import ConfigError
from insonify.deploy.embedding.export import check_file, write_features
from insonify.deploy.embedding.run import Embedded, EmbedOptions, Progress, embed_store
from insonify.deploy.embedding.table import remove_table
from insonify.deploy.heads_folder import fingerprint
from insonify.deploy.search.index import build_index
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store
from insonify.store.place import place_of


@dataclass(frozen=True, kw_only=True)
class Embed:
    """Keep what an encoder makes of every frame of a store, beside the frames.

    In these features `insonify search` finds frames, and `insonify review` finds
    similar ones and learns classes. Each encoder has features of its own. The same
    command goes on where it was interrupted, and adds what came to the store since.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store; features are added to it, and nothing else of it is changed."""
    checkpoint: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CKPT")]
    """Run folder or checkpoint of the encoder."""
    options: Annotated[EmbedOptions, tyro.conf.arg(name="")] = field(
        default_factory=EmbedOptions
    )
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also write the features, with video, frame, time and subject, to a .parquet or
    .npz file for other programs."""
    overwrite: bool = False
    """Replace that file if it is there."""
    remove: bool = False
    """Remove this encoder's features from the store, and do nothing else."""

    def run(self) -> int:
        """Encode and index with a live bar; 0 when done."""
        if self.remove and self.out is not None:
            raise ConfigError("--remove makes no features; leave --out away")
        if self.out is not None:
            check_file(self.out, overwrite=self.overwrite)
        store, checkpoint = Store.open(self.store), load_checkpoint(self.checkpoint)
        if self.remove:
            there = remove_table(store, fingerprint(checkpoint))
            found = "Removed" if there else "Nothing to remove:"
            console.print(f"{found} features of {checkpoint.architecture}.")
            return 0
        _tell(store, *self._made(store, checkpoint))
        if self.out is not None:
            console.print(f"File: {self.out}", soft_wrap=True)
        return 0

    def _made(self, store: Store, checkpoint: Checkpoint) -> tuple[Embedded, str]:
        """What became of the frames, and of the index."""
        with progress_bar("frames") as bar:
            line = bar.add_task("", total=None, figures="")

            def show(step: Progress) -> None:
                rate = f"{step.rate:.0f} frames/s"
                bar.update(line, total=step.total, completed=step.done, figures=rate)

            found = embed_store(store, checkpoint, self.options, show)
            if self.out is not None:
                bar.update(line, figures="writing the file")
                write_features(self.out, found.features, overwrite=self.overwrite)
            index = build_index(
                found.features,
                on_progress=lambda doing, *_: bar.update(line, figures=doing),
            )
        return found, index


def _tell(store: Store, found: Embedded, index: str) -> None:
    features = found.features
    console.print(
        f"{found.added} frames were encoded in {found.seconds:.1f} s ({found.rate:.0f} "
        f"frames/s); {len(features)} of {len(store.frames())} have {features.dim} "
        f"features of {features.architecture} on {features.size[0]} x "
        f"{features.size[1]} pixels: "
        f"{decimal(features.bytes)} in {escape(features.dataset.uri)}; {index}.",
        soft_wrap=True,
    )
    where = escape(place_of(store.path).root)
    console.print(
        f"Next: `insonify search {where} --like VIDEO@12.3s` finds frames that look "
        f"alike, `insonify review {where}` shows all scans.",
        soft_wrap=True,
    )
