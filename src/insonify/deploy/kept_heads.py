"""Heads that are learnt once, and kept for the next command."""

from collections.abc import Callable
from pathlib import Path

from insonify.core.errors import ConfigError
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store


def learnt_heads(
    checkpoint: Checkpoint,
    kept: Path | None,
    store: Store | None,
    options: HeadOptions,
    on_progress: Callable[[str], None],
    *,
    saliency: bool = True,
) -> Heads:
    """The heads in a folder; if it is not there, heads that are learnt and put there.

    Args:
        checkpoint: The encoder.
        kept: The folder; None: they are learnt, and not kept.
        store: What to learn from, or was; None: the folder must be there, and may be
            of any store.
        options: How to learn.
        on_progress: Told what is being done.
        saliency: Whether to learn saliency too.

    Raises:
        CheckpointError: the folder is damaged, or of another encoder.
        ConfigError: there is neither folder nor store, or the folder holds heads of
            another store or other options.
        StoreError: there is no such task or split.
    """
    if kept is not None and kept.exists():
        heads = Heads.load(kept, checkpoint)
        _require_same(heads, kept, store, options)
        return heads
    if store is None:
        raise ConfigError(
            "a checkpoint knows no classes: pass --store STORE, from whose labels and "
            "gaze they are learnt, or --heads FOLDER of heads learnt before"
        )
    heads = Heads.fit(store, checkpoint, options, on_progress, saliency=saliency)
    if kept is not None:
        heads.save(kept)
    return heads


def _require_same(
    heads: Heads, kept: Path, store: Store | None, options: HeadOptions
) -> None:
    """Refuse kept heads that are not those that are asked for."""
    if store is not None and heads.card.store != store.id:
        raise ConfigError(
            f"{kept}: these heads were learnt from another store; name another folder, "
            "or no --store"
        )
    if not options.agrees(heads.card.options):
        known = heads.card.options
        raise ConfigError(
            f"{kept}: these heads were learnt with other options (task {known.task}, "
            f"split {known.split}, fold {known.fold}); name another folder, or leave "
            "the options out"
        )
