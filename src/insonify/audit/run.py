"""Ask a pretrained network its questions again, on clips without cues or anatomy.

Legend: B batch, T frames of a clip, V views, H rows, W columns, P numbers of an answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import torch
from torch import Generator, Tensor

from insonify.audit.audited import Audited
from insonify.audit.conditions import SHOWN, Shown
from insonify.audit.questions import Asked, questions_of
from insonify.clips.loader import ClipLoader
from insonify.core.audit_rows import SCHEMA, AuditRows
from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.pretext import Answer, PretextTask
from insonify.store import Store
from insonify.train.loading import held_out_loader, subject_roles


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How much is asked."""

    clips: int = 512
    """Clips of validation subjects to ask about, at most; all, if there are fewer."""
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
    loader = _loader(store, audited)
    asked = {name: questions_of(task) for name, task in audited.options.tasks.items()}
    batches = _batches(loader, options)
    rows: list[pa.Table] = []
    for number in range(batches):
        clips_BTHW = loader.read(number).float() / 255
        facts = _facts_of(loader, number)
        answered = _answered(audited, asked, clips_BTHW, options.seed + number)
        rows += [_table(facts, *batch) for batch in answered]
        on_progress(number + 1, batches)
    every = [each for part in asked.values() for each in part]
    known = [rule.condition for each in every for rule in each.baselines]
    return AuditRows(
        store=store.id,
        questions=tuple(each.question for each in every),
        conditions=(*(shown.condition for shown in SHOWN), *known),
        facts={
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "insonify": version("insonify"),
            "recipe": audited.options.recipe,
            "run": to_plain(audited.options),
            "options": to_plain(options),
        },
        rows=pa.concat_tables(rows),
    )


def _loader(store: Store, audited: Audited) -> ClipLoader:
    options = audited.options
    loader = held_out_loader(store, subject_roles(store, options), options)
    if loader is None:
        raise ConfigError(
            f"split {options.split!r} leaves nobody to validate on; pretrain with a "
            "split of three folds or more"
        )
    return loader


def _batches(loader: ClipLoader, options: AuditOptions) -> int:
    """Batches to ask about: no clip twice."""
    wanted = min(options.clips, len(loader.clips_CT))
    return max(1, wanted // loader.batch)


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


_Batch = tuple[str, str, Tensor, Tensor]
"""Question, condition, truth (B, P) and answers (B, P)."""


@torch.inference_mode()
def _answered(
    audited: Audited,
    asked: dict[str, tuple[Asked, ...]],
    clips_BTHW: Tensor,
    seed: int,
) -> Iterator[_Batch]:
    """Every question under every condition, the same drawn answers each time."""
    tasks, batch = audited.options.tasks, len(clips_BTHW)
    generator = Generator().manual_seed(seed)
    drawn = {name: task.sample(batch, generator) for name, task in tasks.items()}
    for shown in SHOWN:
        views = {
            name: _views(task, drawn[name], shown, clips_BTHW, seed)
            for name, task in tasks.items()
        }
        outputs = audited.model(views)
        for name, questions in asked.items():
            for each in questions:
                if each.question.classes or not shown.order_only:
                    truth_BP = each.truth(drawn[name])
                    reply_BP = each.reply(outputs[name])
                    yield each.question.name, shown.name, truth_BP, reply_BP
    for name, questions in asked.items():
        views_BVHW = tasks[name].apply(clips_BTHW, drawn[name])
        for each in questions:
            for rule in each.baselines:
                truth_BP, reply_BP = each.truth(drawn[name]), rule.rule(views_BVHW)
                yield each.question.name, rule.condition.name, truth_BP, reply_BP


def _views(
    task: PretextTask, answer: Answer, shown: Shown, clips_BTHW: Tensor, seed: int
) -> Tensor:
    """What the network sees of the clips under a condition."""
    generator = Generator().manual_seed(seed)
    if shown.clips is not None:
        clips_BTHW = shown.clips(clips_BTHW, generator)
    views_BVHW = task.apply(clips_BTHW, answer)
    return views_BVHW if shown.views is None else shown.views(views_BVHW, generator)


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
