"""Everything a pretraining run depends on, declared once."""

from dataclasses import dataclass, field

from insonify.clips.augment import Flip, Photometric
from insonify.clips.sampling import ClipOptions
from insonify.core.errors import ConfigError
from insonify.pretext import AffineTransform, FrameOrder, PretextTask
from insonify.train.optimisation import Optimisation
from insonify.train.precision import Precision


@dataclass(frozen=True, kw_only=True)
class PretrainOptions:
    """A recipe, spelt out: a run folder's config.json holds all of it."""

    recipe: str
    """Name of the recipe these options began as."""
    encoder: str = "resnet18"
    """Backbone: seresnext50_half (the paper's) or any name of timm."""
    clips: ClipOptions = field(default_factory=ClipOptions)
    """What a clip is."""
    order: FrameOrder | None = field(default_factory=FrameOrder)
    """In which order were the frames taken? None: not asked."""
    transform: AffineTransform | None = field(default_factory=AffineTransform)
    """Which affine transform was applied? None: not asked."""
    flip: Flip = field(default_factory=Flip)
    """Mirroring, once a clip."""
    photometric: Photometric = field(default_factory=Photometric)
    """Changes of brightness."""
    optimisation: Optimisation = field(default_factory=Optimisation)
    """How the weights are changed."""
    batch: int = 32
    """Clips a step, over all devices."""
    steps: int = 300
    """Steps in all."""
    seed: int = 0
    """Seed of weights, clips, answers and augmentation."""
    split: str | None = None
    """Split whose training subjects to learn from; None: all subjects."""
    fold: int = 0
    """Fold of the split."""
    workers: int = 1
    """Threads that read ahead; changes the speed only."""
    cache_mb: int = 1024
    """Megabytes of memory for decoded frames; changes the speed only."""
    precision: Precision = "auto"
    """Arithmetic; auto takes bf16 where the machine has instructions for it."""
    checkpoint_every: int = 100
    """Steps between checkpoints to resume from."""
    probe_every: int = 100
    """Steps between looks at held-out subjects."""
    probe_task: str | None = None
    """Label task of the online k-NN probe; None: feature rank only."""

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ConfigError("every pretext task is off; switch one on")
        for name, task in self.tasks.items():
            if task.size != self.clips.size:
                raise ConfigError(
                    f"{name}.size is {task.size}, clips.size {self.clips.size}; "
                    "give both the same"
                )
        if self.order is not None and self.order.frames != self.clips.frames:
            raise ConfigError("order.frames and clips.frames must be the same")
        counts = (self.batch, self.steps, self.checkpoint_every, self.probe_every)
        if min(counts) < 1 or min(self.workers, self.cache_mb) < 0:
            raise ConfigError(
                "batch, steps and *_every must be at least 1, workers and cache_mb 0"
            )

    @property
    def tasks(self) -> dict[str, PretextTask]:
        """The tasks that are on, by name."""
        named: dict[str, PretextTask | None] = {
            "order": self.order,
            "transform": self.transform,
        }
        return {name: task for name, task in named.items() if task and task.weight > 0}
