"""Ask a pretrained network its questions again, on clips without cues or anatomy.

Legend: B batch, T frames of a clip, H rows, W columns, P numbers of an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from torch import Tensor

from insonify.audit.answers import answers
from insonify.audit.audited import Audited
from insonify.audit.conditions import SHOWN
from insonify.audit.questions import questions_of
from insonify.clips.loader import ClipLoader
from insonify.core.audit_rows import SCHEMA, AuditRows
from insonify.core.config import to_plain
from insonify.core.described import made_with
from insonify.core.errors import ConfigError
from insonify.store import Store
from insonify.train.loading import held_out_loader, make_loader, subject_roles


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How much is asked."""

    clips: int = 512
    """Clips of validation subjects to ask about, at most; all, if there are fewer."""
    as_trained: bool = False
    """Ask about clips as they were shown in training: cropped, each frame shifted, with
    other brightness and texture. Else whole, still and as they are, where what needs no
    network has it easier."""
    seed: int = 0
    """Seed of the answers that are drawn and of what the conditions scramble."""

    def __post_init__(self) -> None:
        if self.clips < 1:
            raise ConfigError(f"clips must be at least 1, found {self.clips}")


def run_audit(
    store: Store,
    audited: Audited,
    options: AuditOptions,
    on_progress: Callable[[int, int], None],
) -> AuditRows:
    """Ask all questions under all conditions.

    Args:
        store: Where the clips are.
        audited: The run; its validation subjects are asked about.
        options: How much.
        on_progress: Called after every batch with the number done and the number of
            all.

    Raises:
        ConfigError: the run has no validation subjects, or its task no right answers.
        StoreError: they have no clip.
    """
    loader = _loader(store, audited, options)
    tasks = audited.options.tasks.items()
    asked = {name: questions_of(task, loader.batch) for name, task in tasks}
    batches = min(options.clips, len(loader.clips_CT)) // loader.batch
    rows: list[pa.Table] = []
    for number in range(batches):
        facts, clips_BTHW = _facts_of(loader, number), loader.read(number)
        answered = answers(
            audited,
            asked,
            clips_BTHW,
            options.seed + number,
            as_trained=options.as_trained,
        )
        rows += [_table(facts, *each) for each in answered]
        on_progress(number + 1, batches)
    every = [each for part in asked.values() for each in part]
    known = [rule.condition for each in every for rule in each.baselines]
    return AuditRows(
        store=store.id,
        questions=tuple(each.question for each in every),
        conditions=(*(shown.condition for shown in SHOWN), *known),
        facts={
            **made_with(options),
            "recipe": audited.options.recipe,
            "run": to_plain(audited.options),
        },
        rows=pa.concat_tables(rows),
    )


def _loader(store: Store, audited: Audited, how: AuditOptions) -> ClipLoader:
    """Clips of the validation subjects, in batches that repeat none."""
    options, roles = audited.options, subject_roles(store, audited.options)
    loader = held_out_loader(store, roles, options)
    if loader is not None and how.as_trained:
        once = replace(options, seed=how.seed, workers=0, cache_mb=0)
        loader = make_loader(store, roles.validation, once)
    if loader is None:
        raise ConfigError(
            f"split {options.split!r} leaves nobody to validate on; pretrain with a "
            "split of three folds or more"
        )
    return replace(loader, batch=min(loader.batch, how.clips, len(loader.clips_CT)))


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """Where the clips of a batch come from."""

    clip_B: list[int]
    subject_B: list[str]
    motion_B: list[float]


def _facts_of(loader: ClipLoader, number: int) -> _Facts:
    clips_BT, index = loader.positions(number), loader.store.frames()
    path_N = np.cumsum(index.motion_N, dtype=np.float64)
    motion_B = path_N[clips_BT[:, -1]] - path_N[clips_BT[:, 0]]
    return _Facts(
        clip_B=clips_BT[:, 0].tolist(),
        subject_B=[index.subjects[video] for video in index.video_N[clips_BT[:, 0]]],
        motion_B=motion_B.tolist(),
    )


def _table(
    facts: _Facts, question: str, condition: str, truth_BP: Tensor, reply_BP: Tensor
) -> pa.Table:
    count = len(facts.clip_B)
    columns = [
        [question] * count,
        [condition] * count,
        facts.clip_B,
        facts.subject_B,
        facts.motion_B,
        truth_BP.tolist(),
        reply_BP.tolist(),
    ]
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)
