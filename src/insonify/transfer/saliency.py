"""Gaze saliency: pretrained encoders, predicted maps, a predictions file."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from insonify.core.errors import ConfigError
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.gaze import GazedFrames, gazed_frames, require_gaze
from insonify.transfer.parts import Parts
from insonify.transfer.plan import Job, facts, plan_jobs
from insonify.transfer.progress import Step, Tally
from insonify.transfer.record import arm_cards
from insonify.transfer.saliency_options import SaliencyOptions
from insonify.transfer.saliency_rows import SaliencyRows

__all__ = ["SaliencyOptions", "run_saliency"]


def run_saliency(
    store: Store,
    arms: Sequence[Arm],
    options: SaliencyOptions,
    on_progress: Callable[[Step], None],
    parts: Path | None = None,
) -> SaliencyPredictions:
    """Test encoders, and their untrained twins, on every fold they may see.

    With them come a static map, the mean of the training subjects' maps, and where
    encoders are fine-tuned, one that learns from gaze alone, for longer. The facts hold
    ``labels``, how many subjects and frames each protocol learnt from, and ``rates``,
    which learning rates were chosen by what.

    Args:
        store: Where frames, gaze and the split are.
        arms: What is compared.
        options: How.
        on_progress: Called after every encoded batch and every step.
        parts: Folder to keep the rows of finished jobs in, and to go on from.

    Raises:
        ConfigError: arms and seeds do not go together, arms differ in frame size, a
            fold lacks gaze or subjects to choose on, an encoder does not show its
            layers, or training diverges.
        LeakError: a checkpoint has seen a subject that it would be tested on.
        StoreError: there is no gaze or no such split.
    """
    split = store.split(options.split)
    jobs = plan_jobs(
        arms,
        store,
        split,
        protocols=options.protocols,
        fractions=options.fractions,
        seeds=options.seeds,
        finetune=options.finetune,
    )
    cards = arm_cards(arms, jobs) | {STATIC: {"baseline": None}}
    gaze = _gaze_of(store, arms, options)
    for fold in sorted({job.trial.fold for job in jobs}):
        require_gaze(gaze, split, fold)
    kept, tally = Parts(folder=parts, store=store, options=options), Tally(on_progress)
    rows = SaliencyRows(store, gaze, split, options, jobs=jobs, kept=kept, tally=tally)
    tables = [kept.rows(job, rows.of) for job in jobs]
    tables += [rows.static(job) for job in _static_jobs(jobs)]
    return SaliencyPredictions(
        task=options.task,
        shape=options.shape_hw(gaze.size),
        store=store.id,
        arms=cards,
        facts=facts(store, options) | rows.told(jobs),
        rows=pa.concat_tables(tables),
    )


def _gaze_of(
    store: Store, arms: Sequence[Arm], options: SaliencyOptions
) -> GazedFrames:
    """The frames with gaze, for the size of view that all arms share."""
    sizes = {checkpoint.size for arm in arms for checkpoint in arm.checkpoints}
    if len(sizes) > 1:
        raise ConfigError(
            f"the arms see frames of different sizes ({sorted(sizes)}), so their maps "
            "cannot be compared; transfer those of each size to a file of their own"
        )
    return gazed_frames(
        store,
        window_s=options.window_s,
        per_video=options.frames_per_video,
        size=sizes.pop(),
        margin=options.finetune.margin,
    )


def _static_jobs(jobs: Sequence[Job]) -> Iterable[Job]:
    """A job of each fold, seed and fraction."""
    keys = {(job.trial.fold, job.trial.seed, job.fraction): job for job in jobs[::-1]}
    return reversed(keys.values())
