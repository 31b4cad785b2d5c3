"""A checkpoint, and perhaps heads, to a folder that others can load."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insonify.core.errors import ConfigError
from insonify.core.files import new_folder, write_bytes
from insonify.deploy.export.about import (
    ExportCard,
    digest,
    identity,
    provenance,
    write_card,
)
from insonify.deploy.export.job import Differences, Job, Made, make_job
from insonify.deploy.export.kinds import KINDS
from insonify.deploy.export.options import ExportOptions
from insonify.deploy.export.parity import TOLERANCES
from insonify.deploy.export.readme import README, readme
from insonify.deploy.heads import Heads
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    card: ExportCard
    differences: Differences
    checked_on: str
    left_out: tuple[str, ...]
    """What could not be exported, and why."""


def export(
    checkpoint: Checkpoint,
    out: Path,
    options: ExportOptions,
    *,
    heads: Heads | None = None,
    store: Store | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write an export, once it has been checked against the checkpoint.

    Args:
        checkpoint: The encoder.
        out: The folder to make.
        options: What to write.
        heads: Heads that were learnt on it.
        store: Where the frames to check and to calibrate on come from; None: frames
            are drawn.
        on_progress: Told what is being done.

    Raises:
        CheckpointError: the export does not answer as the checkpoint does.
        ConfigError: ``out`` exists, options do not fit, or a library is missing.
        StoreError: the store has no such split or task.
    """
    require_new(out)
    on_progress("reading frames")
    job = make_job(checkpoint, heads, store, options)
    with new_folder(out) as draft:
        made = KINDS[options.to](job, draft, on_progress)
        card = ExportCard(
            kind=options.to,
            model=made.model,
            files={name: digest(draft / name) for name in made.files},
            size=job.size,
            outputs=made.outputs,
            classes=made.classes,
            provenance=provenance(checkpoint, heads),
            checks=_checks(job, made),
            **identity(checkpoint),
            **made.more,
        )
        write_bytes(draft / README, readme(card).encode())
        write_card(draft, card)
    return Exported(
        card=card,
        differences=made.differences,
        checked_on=job.checked_on,
        left_out=(*(heads.card.left_out if heads else ()), *made.left_out),
    )


def require_new(out: Path) -> None:
    """Refuse to write over anything.

    Raises:
        ConfigError: there is something.
    """
    if out.exists():
        raise ConfigError(f"{out}: exists; name a new folder for the export")


def _checks(job: Job, made: Made) -> dict[str, Any]:
    found = made.differences
    return {
        "on": job.checked_on,
        "tolerance": {each.output: TOLERANCES[each.output] for each in found},
        "largest_difference": {each.output: each.largest for each in found},
        "largest_value": {each.output: each.scale for each in found},
    }
