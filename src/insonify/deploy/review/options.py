"""What the review app is asked for."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError
from insonify.deploy.head_options import HeadOptions
from insonify.deploy.review.password import PasswordHash
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.store.reviews import check_name

DEFAULT_TASK: Final = "plane"
"""Task of a store that has no labels yet."""


@dataclass(frozen=True, kw_only=True)
class DeskOptions:
    """What is reviewed, and with what help."""

    task: str | None = None
    """What the labels are about; None: the store's only task, or ``plane``."""
    classes: tuple[str, ...] = ()
    """Classes to offer besides those that the store has labels of."""
    author: str = ""
    """Name to offer to who has not given one; empty for none."""
    split: str | None = None
    """Split whose training subjects teach the heads and whose test subjects examine
    them; None: the one that the encoder was pretrained on, or none."""
    fold: int | None = None
    """Fold of the split; None: the one that the encoder was pretrained on, or 0."""
    heads: Path | None = None
    """Folder of learnt heads: read if it is there, else made."""
    learning: HeadOptions = field(default_factory=HeadOptions)
    """How saliency is learnt where there are no kept heads; its task, split and fold
    are those above."""

    def __post_init__(self) -> None:
        for what, name in (
            *(("task", name) for name in (self.task,) if name is not None),
            *(("author", name) for name in (self.author,) if name),
            *(("class", name) for name in self.classes),
        ):
            check_name(what, name)

    def resolved(self, store: Store, checkpoint: Checkpoint | None) -> "DeskOptions":
        """The same with task, split and fold named, as far as there are such.

        Raises:
            ConfigError: the store has several tasks, or the split no such fold.
            StoreError: there is no such split.
        """
        known = {} if checkpoint is None else checkpoint.provenance
        own = known.get("split") if known.get("store") == store.id else None
        split = self.split or (own if own in store.splits() else None)
        fold = self.fold
        if fold is None:
            fold = int(known.get("fold") or 0) if split == own else 0
        if split is not None:
            store.split(split).roles(fold)
        task = self.task or _only_task(store)
        return replace(self, task=task, split=split, fold=fold)


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where the app listens, and who may come in."""

    host: str = "127.0.0.1"
    """Address or name to listen on; anything beyond this machine demands a password."""
    port: int = 8765
    """Port to listen on; 0: any that is free."""
    password: PasswordHash | None = None
    """What whoever comes must know; None: nothing, on this machine only."""
    certificate: Path | None = None
    """TLS certificate (PEM); with ``private_key``."""
    private_key: Path | None = None
    """Its private key (PEM)."""
    idle_minutes: float = 60.0
    """Minutes without a request after which the password is asked for again."""

    def __post_init__(self) -> None:
        if not 0 <= self.port < 65536:
            raise ConfigError(f"port must be from 0 to 65535, found {self.port}")
        if not self.idle_minutes > 0:
            raise ConfigError(
                f"idle-minutes must be positive, found {self.idle_minutes}"
            )
        if (self.certificate is None) != (self.private_key is None):
            raise ConfigError(
                "--certificate and --private-key come together; give both"
            )

    @property
    def secure(self) -> bool:
        """Whether the app speaks TLS."""
        return self.certificate is not None


def _only_task(store: Store) -> str:
    tasks = store.tasks()
    if len(tasks) > 1:
        raise ConfigError(
            f"the store has labels of several tasks ({', '.join(tasks)}); name one "
            "with --task"
        )
    return tasks[0] if tasks else DEFAULT_TASK
