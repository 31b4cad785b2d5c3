"""Standard planes: pretrained encoders, classified frames, a predictions file."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from insonify.core.predictions import Predictions
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.frames import choose_frames, require_labels
from insonify.transfer.parts import Parts
from insonify.transfer.plan import facts, plan_jobs
from insonify.transfer.plane_options import PlanesOptions
from insonify.transfer.plane_rows import PlaneRows
from insonify.transfer.progress import Step, Tally
from insonify.transfer.record import arm_cards
from insonify.transfer.shots import require_shots

__all__ = ["PlanesOptions", "run_planes"]


def run_planes(
    store: Store,
    arms: Sequence[Arm],
    options: PlanesOptions,
    on_progress: Callable[[Step], None],
    parts: Path | None = None,
) -> Predictions:
    """Test encoders, and their untrained twins, on every fold they may see.

    Fine-tuning adds an arm that learns from labels alone, for longer. The facts hold
    ``labels``, how many subjects and frames each protocol learnt from, and ``rates``,
    which learning rates were chosen by what.

    Args:
        store: Where frames, labels and the split are.
        arms: What is compared.
        options: How.
        on_progress: Called after every encoded batch and every step of fine-tuning,
            and before every fit.
        parts: Folder to keep the rows of finished jobs in, and to go on from.

    Raises:
        ConfigError: arms and seeds do not go together, a fold lacks labels or
            subjects to draw or choose on, an encoder does not show its layers, or
            fine-tuning diverges.
        LeakError: a checkpoint has seen a subject that it would be tested on.
        StoreError: there is no such task or split.
    """
    frames = choose_frames(store, options.task, options.frames_per_video)
    split = store.split(options.split)
    jobs = plan_jobs(
        arms,
        store,
        split,
        protocols=options.protocols,
        fractions=options.fractions,
        seeds=options.seeds,
        finetune=options.finetune,
        shots=options.shots or (),
    )
    cards = arm_cards(arms, jobs)
    for fold in sorted({job.trial.fold for job in jobs}):
        require_labels(frames, split, fold, options.task)
        require_shots(frames, split, fold, options.shots or ())
    kept, tally = Parts(folder=parts, store=store, options=options), Tally(on_progress)
    rows = PlaneRows(store, frames, split, options, jobs=jobs, kept=kept, tally=tally)
    table = pa.concat_tables(kept.rows(job, rows.of) for job in jobs)
    return Predictions(
        task=options.task,
        classes=frames.classes,
        store=store.id,
        arms=cards,
        facts=facts(store, options) | rows.told(jobs),
        rows=table,
    )
