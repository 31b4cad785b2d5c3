"""``insonify export``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console
from insonify.deploy.export.options import ExportOptions
from insonify.deploy.export.run import Exported, export, require_new
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.deploy.kept_heads import learnt_heads
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write an encoder, and heads learnt on it, for programs that have no insonify.

    The new folder holds the model, a card and a README that says how it is loaded. It
    is written once its answers have been checked against those of the checkpoint: on
    frames of training subjects of --store, or else on drawn ones.
    """

    checkpoint: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CKPT")]
    """Run folder or checkpoint of the encoder."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The folder to make."""
    options: Annotated[ExportOptions, tyro.conf.arg(name="")] = field(
        default_factory=ExportOptions
    )
    heads: Path | None = None
    """Folder of learnt heads, which add class probabilities and saliency: read if it is
    there, else learnt from --store and kept there."""
    store: Annotated[Path | None, tyro.conf.arg(aliases=("--calibrate",))] = None
    """Store whose frames the export is checked on, and --int8 is calibrated on."""

    def run(self) -> int:
        """Export, and show what came of it; 0 when done."""
        require_new(self.out)
        checkpoint = load_checkpoint(self.checkpoint)
        store = None if self.store is None else Store.open(self.store)
        with console.status("") as status:
            found = export(
                checkpoint,
                self.out,
                self.options,
                heads=self._heads(checkpoint, store, status.update),
                store=store,
                on_progress=status.update,
            )
        _tell(found, self.out)
        return 0

    def _heads(
        self, checkpoint: Checkpoint, store: Store | None, tell: Callable[[str], None]
    ) -> Heads | None:
        """Kept heads, or new ones, which are kept."""
        if self.heads is None:
            return None
        if self.heads.exists():
            return Heads.load(self.heads, checkpoint)
        asked = self.options
        learning = HeadOptions(task=asked.task, split=asked.split, fold=asked.fold)
        return learnt_heads(checkpoint, self.heads, store, learning, tell)


def _tell(found: Exported, out: Path) -> None:
    card = found.card
    table = Table("output", "largest difference", "of at most", title="insonify export")
    for each in found.differences:
        table.add_row(each.output, f"{each.largest:.1e}", f"{each.scale:.3g}")
    console.print(table)
    console.print(
        f"Differences from the checkpoint in float32, on {found.checked_on}.",
        soft_wrap=True,
    )
    if card.int8 is not None:
        _tell_cost(card.int8)
    for reason in found.left_out:
        console.print(f"Left out: {escape(reason)}.", soft_wrap=True)
    where = escape(str(out))
    console.print(
        f"Export: {where}; {where}/README.md says how to load it.", soft_wrap=True
    )


def _tell_cost(cost: Mapping[str, Any]) -> None:
    """Show what eight bits cost beside float32."""
    table = Table("", "float32", "8 bits", title="what 8 bits cost")
    table.add_row("file", *(decimal(each) for each in cost["bytes"]))
    for batch, ratio in cost["speed"].items():
        spread = f"{ratio['least']:.2f} to {ratio['most']:.2f}"
        speed = f"{ratio['median']:.2f} ({spread})"
        table.add_row(f"speed, batch of {batch}", "1", speed)
    found = cost["accuracy"]
    if found is None:
        console.print(table)
        console.print(f"No accuracy: {cost['why']}.", soft_wrap=True)
        return
    for name, words in (("macro_f1", "macro F1"), ("balanced_accuracy",) * 2):
        if "fp32" in found:
            pair = (f"{found[bits][name]:.3f}" for bits in ("fp32", "int8"))
            table.add_row(words.replace("_", " "), *pair)
    for name, words in (
        ("agreement", "same class"),
        ("cosine", "cosine of features"),
        ("saliency_overlap", "overlap of saliency"),
    ):
        if name in found:
            table.add_row(words, "1", f"{found[name]:.4f}")
    console.print(table)
    by = f" by {found['by']}" if "by" in found else ""
    console.print(
        f"On {found['frames']} frames of {found['subjects']} validation subjects{by}.",
        soft_wrap=True,
    )
