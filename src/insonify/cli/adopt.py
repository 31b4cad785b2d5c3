"""``insonify adopt``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from insonify.cli.console import console
from insonify.model.checkpoint import load_checkpoint
from insonify.model.pretrained import AdoptOptions, adopt


@dataclass(frozen=True, kw_only=True)
class Adopt:
    """Make a checkpoint of weights that others trained, such as on ImageNet.

    Networks of colour are folded for grey frames. `insonify transfer` then takes the
    checkpoint like any other: it saw no subject of yours. Nothing that the file holds
    is executed; files that would have to be are refused.
    """

    architecture: Annotated[
        tyro.conf.Positional[str], tyro.conf.arg(metavar="ARCHITECTURE")
    ]
    """sononet16, another architecture of ours, or a timm model."""
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")]
    """The checkpoint folder to make."""
    weights: Path
    """A .safetensors file, a torch file of tensors only (.pth, .pt, .bin), or, for
    sononet16, SonoNet16.npz."""
    options: Annotated[AdoptOptions, tyro.conf.arg(name="")] = field(
        default_factory=AdoptOptions
    )

    def run(self) -> int:
        """Adopt, and show what came of it; 0 when done."""
        card = adopt(self.architecture, self.weights, self.out, self.options)
        encoder, facts = load_checkpoint(self.out).encoder, card.provenance
        count = sum(parameter.numel() for parameter in encoder.parameters())
        table = Table("", self.architecture, title="insonify adopt")
        table.add_row("weights (SHA-256)", facts["weights"]["sha256"][:16])
        table.add_row("parameters", f"{count / 1e6:.1f} M")
        table.add_row("features", str(encoder.dim))
        table.add_row("frames", f"{card.size[0]} rows, {card.size[1]} columns")
        if "deviation" in facts:
            mean, std = encoder.mean.item(), encoder.std.item()
            table.add_row("normalisation", f"mean {mean:.3f}, deviation {std:.3f}")
            table.add_row("differs from the original by", f"{facts['deviation']:.1e}")
        console.print(table)
        console.print(f"Checkpoint: {self.out}", soft_wrap=True)
        return 0
