"""Gaze saliency: pretrained encoders, predicted maps, a predictions file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from insonify.core.errors import ConfigError
from insonify.core.saliency_predictions import STATIC, SaliencyPredictions
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.gaze import GazedFrames, gazed_frames, require_gaze
from insonify.transfer.parts import Parts
from insonify.transfer.plan import Job, arm_cards, facts, plan_jobs
from insonify.transfer.progress import Step, Tally
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
    encoders are fine-tuned, one that learns from gaze alone, for longer.

    Args:
        store: Where frames, gaze and the split are.
        arms: What is compared.
        options: How.
        on_progress: Called after every encoded batch and every step.
        parts: Folder to keep the rows of finished jobs in, and to go on from.

    Raises:
        ConfigError: arms and seeds do not go together, arms differ in frame size, a
            fold lacks gaze, or training diverges.
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
    kept = Parts(folder=parts, store=store, options=options)
    todo = [job for job in jobs if not kept.has(job)]
    tally = Tally(on_progress)
    rows = SaliencyRows(store, gaze, split, options, jobs=todo, tally=tally)
    tables = [kept.rows(job, rows.of) for job in jobs]
    tables += [rows.static(columns) for columns in _static_columns(jobs)]
    return SaliencyPredictions(
        task=options.task,
        shape=options.shape_hw(gaze.size),
        store=store.id,
        arms=cards,
        facts=facts(store, options),
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


def _static_columns(jobs: Sequence[Job]) -> Iterator[dict[str, Any]]:
    """What the static rows of each fold, seed and fraction share."""
    seen = set()
    for job in jobs:
        key = (job.trial.fold, job.trial.seed, job.fraction)
        if key not in seen:
            seen.add(key)
            yield job.columns | {"arm": STATIC, "protocol": STATIC}
