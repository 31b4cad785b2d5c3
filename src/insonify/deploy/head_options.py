"""What heads depend on besides store and checkpoint, and what is known of them."""

from dataclasses import dataclass, field, replace
from typing import Literal

from insonify.core.errors import ConfigError
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store
from insonify.transfer.linear import LinearProbe
from insonify.transfer.saliency_options import Decoder


@dataclass(frozen=True, kw_only=True)
class HeadOptions:
    """How heads are learnt on a frozen encoder."""

    task: str | None = None
    """Labels to learn, such as ``plane``; None: the store's only task."""
    split: str | None = None
    """Split whose training subjects to learn from; None: the one that the encoder was
    pretrained on, or the store's only one."""
    fold: int | None = None
    """Fold of the split; None: the one that the encoder was pretrained on, or 0."""
    frames_per_video: int = 32
    """Frames of a video to learn from, evenly spaced; 0 takes all."""
    window_s: float = 0.2
    """Seconds around a frame whose gaze counts for it."""
    output_stride: Literal[8, 16, 32] = 8
    """Pixels of a view to a cell of a saliency map."""
    linear: LinearProbe = field(default_factory=LinearProbe)
    """How classes are learnt."""
    decoder: Decoder = field(default_factory=Decoder)
    """How saliency is learnt."""
    seed: int = 0
    """Seed of all chance."""
    batch: int = 64
    """Frames encoded at a time; changes speed and memory only."""

    def __post_init__(self) -> None:
        if self.frames_per_video < 0 or self.batch < 1 or self.window_s <= 0:
            raise ConfigError(
                "frames_per_video must be at least 0, batch at least 1 and window_s "
                "positive"
            )

    def resolved(self, store: Store, checkpoint: Checkpoint) -> "HeadOptions":
        """The same with task, split and fold named; a store may have no task.

        Raises:
            ConfigError: one was left open, and there are several or no splits.
        """
        known = checkpoint.provenance
        own = known.get("split") if known.get("store") == store.id else None
        split = self.split or own or _only(store.splits(), "split")
        if split is None:
            raise ConfigError(
                f"{store.path}: no split says who trains; make one with "
                "`insonify split`"
            )
        fold = self.fold
        if fold is None:
            fold = int(known.get("fold") or 0) if split == own else 0
        task = self.task or _only(store.tasks(), "task")
        return replace(self, task=task, split=split, fold=fold)

    def agrees(self, learnt: "HeadOptions") -> bool:
        """Whether heads that were ``learnt`` so are what is asked for.

        An option that has its default is not asked for.
        """
        return all(
            value in (getattr(HeadOptions(), name), getattr(learnt, name))
            for name, value in vars(self).items()
        )


@dataclass(frozen=True, kw_only=True)
class HeadsCard:
    """What must be known of learnt heads; nothing here names a person."""

    checkpoint: str
    """Fingerprint of the encoder that they were learnt on."""
    store: str
    """Identity of the store that they were learnt from."""
    versions: dict[str, int]
    """Versions of its tables."""
    options: HeadOptions
    """How, all of it named."""
    classes: tuple[str, ...]
    """Classes of the probe; empty where there is none."""
    subjects: tuple[str, ...]
    """Pseudonyms of all who took part, those that only chose among heads included."""
    left_out: tuple[str, ...]
    """What could not be learnt, and why."""


def _only(names: list[str], kind: str) -> str | None:
    if len(names) > 1:
        raise ConfigError(
            f"the store has several {kind}s ({', '.join(names)}); name one with "
            f"--{kind}"
        )
    return names[0] if names else None
