"""What an export is made of, and what each kind of it gives.

Legend: N frames, H rows, W columns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.deploy.export.options import ExportOptions
from insonify.deploy.export.parity import (
    Difference,
    compare,
    drawn_frames,
    reference,
    with_extremes,
)
from insonify.deploy.export.samples import Samples, read_samples
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.examples import Floats

Differences = tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One export."""

    checkpoint: Checkpoint
    heads: Heads | None
    options: ExportOptions
    samples: Samples | None
    """Frames of a store; None where there is none."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the frames."""
        return self.options.size or self.checkpoint.size

    @property
    def frames_NHW(self) -> Tensor:
        """What is checked on."""
        known = self.samples
        own = drawn_frames(self.size) if known is None else known.train_NHW
        return with_extremes(own)

    @property
    def checked_on(self) -> str:
        """The same in words."""
        count = len(self.frames_NHW)
        if self.samples is None:
            return f"{count} drawn frames"
        return f"{count} frames, all but two of training subjects"

    def check(
        self, run: Callable[[Tensor], dict[str, Floats]], names: Iterable[str]
    ) -> Differences:
        """Compare outputs of what was exported with the checkpoint's.

        Raises:
            CheckpointError: they are too far apart.
        """
        frames_NHW = self.frames_NHW
        wanted = reference(self.checkpoint.encoder, self.heads, frames_NHW, names)
        return compare(wanted, run, frames_NHW)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What one kind of export gives."""

    model: str
    """The file to load."""
    files: tuple[str, ...]
    """Files of weights."""
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    differences: Differences
    left_out: tuple[str, ...] = ()
    """What the heads have and this kind cannot hold."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of the card."""


def make_job(
    checkpoint: Checkpoint,
    heads: Heads | None,
    store: Store | None,
    options: ExportOptions,
) -> Job:
    """Read what the export needs.

    Raises:
        ConfigError: options do not fit each other, the heads or the store.
        StoreError: the store has no such split or task.
    """
    size = options.size or checkpoint.size
    if heads is not None and size != heads.size:
        raise ConfigError(
            f"the heads were learnt on frames of {heads.size[0]} x {heads.size[1]}, "
            f"found --size {size[0]} {size[1]}; leave --size or --heads out"
        )
    if store is None and options.int8:
        raise ConfigError(
            "--int8 is calibrated on frames of training subjects; pass --store STORE"
        )
    samples = None if store is None else read_samples(store, checkpoint, heads, options)
    return Job(checkpoint=checkpoint, heads=heads, options=options, samples=samples)
