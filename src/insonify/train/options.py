"""Everything a pretraining run depends on, declared once."""

from dataclasses import dataclass, field
from typing import Final, Literal

from insonify.clips.augment import Flip, Photometric
from insonify.clips.sampling import ClipOptions
from insonify.clips.texture import Texture
from insonify.core.errors import ConfigError
from insonify.model.branches import STAGES
from insonify.pretext import (
    AffineTransform,
    Disentangled,
    FrameOrder,
    FrameSequence,
    Jigsaw,
    JointEmbedding,
    MaskedFrame,
    Pace,
    PretextTask,
    Puzzle,
    RelativeTransform,
    Rotation,
    SharedViews,
)
from insonify.pretext.warped_views import WarpedViews
from insonify.train.optimisation import Optimisation
from insonify.train.precision import Precision

_ALL: Final = len(STAGES)


@dataclass(frozen=True, kw_only=True)
class PretrainOptions:
    """A recipe, spelt out: a run folder's config.json holds all of it."""

    recipe: str
    """Name of the recipe these options began as."""
    encoder: str = "resnet18"
    """Backbone: seresnext50_half (the paper's), resnet18_half, resnet10_half (for
    CPUs), or any name of timm."""
    shared_stages: int = _ALL
    """Stages of the encoder, counted from its input, that all tasks share: the stem,
    then the four of a ResNet. Each task has the rest for itself. 5 shares all."""
    kept: Literal["order", "transform"] = "order"
    """Whose encoder is kept where the tasks do not share all. Order by default: alone
    it transfers better to saliency in the paper, to planes as well within a deviation
    (NSS 2.29 against 1.97, F1 71.8 against 72.3)."""
    block_gain: float = 1.0
    """What the last normalisation of a ResNet's residual blocks begins with: at 1 they
    speak (He et al., CVPR 2016), at 0 they say nothing at first (Goyal et al., 2017).
    Planes want 1, masks on real images less (docs/log.md)."""
    clips: ClipOptions = field(default_factory=ClipOptions)
    """What a clip is."""
    order: FrameOrder | None = field(default_factory=FrameOrder)
    """In which order were the frames taken? None: not asked."""
    transform: AffineTransform | None = field(default_factory=AffineTransform)
    """Which affine transform was applied? None: not asked."""
    disentangled: Disentangled | None = None
    """Both questions about one corrupted clip. None: not asked."""
    relative: RelativeTransform | None = None
    """How do two different frames, each warped, lie to each other? None: not asked."""
    shared_views: SharedViews | None = None
    """Order and relative transforms of the same views. None: not asked."""
    embedding: JointEmbedding | None = None
    """Do two warped frames of a clip look alike? None: not asked."""
    masked: MaskedFrame | None = None
    """What is behind a mask? None: not asked."""
    puzzle: FrameSequence | Pace | Rotation | Jigsaw | None = None
    """Which of a few things was done to a clip? None: not asked."""
    flip: Flip = field(default_factory=Flip)
    """Mirroring, once a clip."""
    photometric: Photometric = field(default_factory=Photometric)
    """Changes of brightness."""
    texture: Texture = field(default_factory=Texture)
    """Changes of sharpness and speckle."""
    optimisation: Optimisation = field(default_factory=Optimisation)
    """How the weights are changed."""
    batch: int = 32
    """Clips a step, over all devices."""
    together: int | None = None
    """Clips of one subject that follow each other in a batch, so that clips are told
    apart by what they show and not by whom; None: as they come."""
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
    probe_frames: int | None = None
    """Frames that a look at held-out subjects encodes, half of them of training
    subjects where there are labels; None: 384, too few to choose by (docs/log.md)."""

    def __post_init__(self) -> None:
        if not self.tasks:
            raise ConfigError("every pretext task is off; switch one on")
        self._check_counts()
        for name, task in self.tasks.items():
            if task.size != self.clips.size:
                raise ConfigError(
                    f"{name}.size is {task.size}, clips.size {self.clips.size}; "
                    "give both the same"
                )
        self._check_frames()
        self._check_sharing()
        self._check_embedding()

    def _check_counts(self) -> None:
        if not 0 <= self.block_gain <= 1:
            raise ConfigError(f"block_gain must be 0 to 1, found {self.block_gain}")
        least = {
            "batch": 1,
            "steps": 1,
            "checkpoint_every": 1,
            "probe_every": 1,
            "together": 1,
            "probe_frames": 2,
            "workers": 0,
            "cache_mb": 0,
        }
        for name, fewest in least.items():
            found = getattr(self, name)
            if found is not None and found < fewest:
                raise ConfigError(f"{name} must be at least {fewest}, found {found}")

    def _check_frames(self) -> None:
        wanted, transform = self.clips.frames, self.transform
        whole = FrameOrder | Disentangled | SharedViews | MaskedFrame | Puzzle
        for name, task in self.tasks.items():
            if isinstance(task, whole | WarpedViews) and task.frames != wanted:
                raise ConfigError(f"{name}.frames and clips.frames must be the same")
        if transform is not None and transform.frames > wanted:
            raise ConfigError(
                f"transform.frames is {transform.frames}, clips.frames {wanted}; "
                "show as many or fewer"
            )
        stacks = {name: task.channels for name, task in self.tasks.items()}
        if len(set(stacks.values())) > 1:
            raise ConfigError(
                f"the tasks stack {stacks} frames as channels, but have one encoder; "
                "give all the same input and frames"
            )

    def _check_sharing(self) -> None:
        if not 0 <= self.shared_stages <= _ALL:
            raise ConfigError(
                f"shared_stages must be 0 to {_ALL}, found {self.shared_stages}"
            )
        if self.private and len(self.private) == len(self.tasks):
            raise ConfigError(
                f"kept is {self.kept}, a task that is off; name one of those that are "
                f"on ({', '.join(self.tasks)}), or share all {_ALL} stages"
            )

    def _check_embedding(self) -> None:
        asked = self.embedding
        if asked is None:
            return
        if self.batch < 2:
            raise ConfigError("embedding tells clips apart; give batch 2 or more")
        if asked.momentum is not None and "embedding" in self.private:
            raise ConfigError(
                f"embedding.method {asked.method} has a teacher, a copy of the shared "
                f"encoder; share all {_ALL} stages"
            )

    @property
    def channels(self) -> int:
        """Frames that enter the encoder together while it is pretrained."""
        return next(iter(self.tasks.values())).channels

    @property
    def private(self) -> tuple[str, ...]:
        """Tasks that have the stages that are not shared for themselves."""
        if self.shared_stages == _ALL:
            return ()
        return tuple(name for name in self.tasks if name != self.kept)

    @property
    def tasks(self) -> dict[str, PretextTask]:
        """The tasks that are on, by name."""
        named: dict[str, PretextTask | None] = {
            "order": self.order,
            "transform": self.transform,
            "disentangled": self.disentangled,
            "relative": self.relative,
            "shared_views": self.shared_views,
            "embedding": self.embedding,
            "masked": self.masked,
            "puzzle": self.puzzle,
        }
        return {name: task for name, task in named.items() if task and task.weight > 0}
