"""What a comparison is asked, and the question that it becomes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from insonify.model.checkpoint import load_checkpoint
from insonify.studies.alike import alike, recipes_of
from insonify.studies.plan import SMALL_DECODER, SMALL_PLANES, require_folds
from insonify.studies.question import Equal, Question
from insonify.transfer.course import FineTune
from insonify.transfer.planes import PlanesOptions
from insonify.transfer.saliency import SaliencyOptions
from insonify.transfer.saliency_options import Decoder


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a comparison is asked."""

    arms: tuple[str, ...]
    """Recipes, and encoders that others trained as NAME=CHECKPOINT (see `insonify
    adopt`)."""
    task: str | None = "plane"
    """Labels to test on; None: no labels."""
    saliency: bool = False
    """Test on gaze too, with a head on the frozen encoder."""
    encoder: str | None = None
    """Backbone of all arms; None: that of --initial, else that which the recipes
    share."""
    initial: Path | None = None
    """Checkpoint that all recipes go on from, such as ImageNet's by `insonify adopt`;
    name it among the arms too, to see what is gained over it. None: fresh weights."""
    size: tuple[int, int] | None = None
    """Rows and columns of the frames; None: those which the recipes share."""
    frames: int = 192
    """Frames a step, of every arm; the nearest number that whole clips fill."""
    steps: int = 300
    """Steps of every arm; where they train equally long, of the first."""
    equal: Equal = "steps"
    """What all arms have as much of: steps, or seconds of training on this machine,
    from a short timing of each when the study begins."""
    rates: tuple[float, ...] = (0.001,)
    """Learning rates; with several, every arm is given the best of them by validation
    subjects: by k-NN on --task, without one by the effective rank of the features."""
    nested: bool = True
    """Choose rates anew in every fold. Without it fold 0 chooses for all, which is
    cheaper, but others then test subjects that helped to choose."""
    folds: int = 3
    """Folds of subjects."""
    seeds: tuple[int, ...] = (0,)
    """Seeds; every encoder is trained once for each."""
    protocols: tuple[
        Literal["knn", "linear", "prototype", "layers", "finetune"], ...
    ] = ("knn", "linear")
    """How labels are learnt from."""
    finetune: FineTune = SMALL_PLANES
    """Options of fine-tuning on labels."""
    frozen: Decoder = SMALL_DECODER
    """Options of the head that learns gaze on the frozen encoder."""
    fractions: tuple[float, ...] = (0.1, 1.0)
    """Shares of the labelled training subjects to learn from."""
    frames_per_video: int = 32
    """Frames to test on of every video, evenly spaced; 0: all."""

    def question(self) -> Question:
        """The same, spelt out.

        Raises:
            ConfigError: it cannot be answered fairly.
        """
        require_folds(self.folds, self.seeds)
        split = f"compare-{self.folds}" + (f"-{self.task}" if self.task else "")
        recipes = alike(
            recipes_of(self.arms),
            encoder=self._encoder(),
            size=self.size,
            frames=self.frames,
            steps=self.steps,
        )
        return Question(
            split=split,
            folds=self.folds,
            seeds=self.seeds,
            pretraining=tuple(
                replace(recipe, split=split, probe_task=self.task) for recipe in recipes
            ),
            rates=self.rates,
            nested=self.nested,
            equal=self.equal,
            planes=self._planes(split),
            saliency=self._saliency(split),
            foreign=tuple(arm for arm in self.arms if "=" in arm),
            initial=str(self.initial) if self.initial else None,
        )

    def _encoder(self) -> str | None:
        if self.encoder is None and self.initial is not None:
            return load_checkpoint(self.initial).architecture
        return self.encoder

    def _planes(self, split: str) -> PlanesOptions | None:
        if self.task is None:
            return None
        return PlanesOptions(
            task=self.task,
            split=split,
            protocols=self.protocols,
            finetune=self.finetune,
            fractions=self.fractions,
            seeds=self.seeds,
            frames_per_video=self.frames_per_video,
        )

    def _saliency(self, split: str) -> SaliencyOptions | None:
        if not self.saliency:
            return None
        return SaliencyOptions(
            split=split,
            protocols=("frozen",),
            frozen=self.frozen,
            fractions=self.fractions,
            seeds=self.seeds,
            frames_per_video=self.frames_per_video,
        )
