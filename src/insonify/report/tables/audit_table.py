"""How much of a pretext skill is left without anatomy, or without a cue.

Skill is 0 for who does not look and 1 for who is always right: the share of errors that
is saved, 1 - Σ error / Σ error without looking. For an order or a clip to be found the
errors are wrong answers; for a transform squared distances, which makes the skill R².

Legend: R resamples, S subjects, N clips, P numbers of an answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from insonify.core.audit_rows import AuditRows, Condition, Question, lists
from insonify.core.errors import ReportError
from insonify.report.tables.metrics import Floats
from insonify.report.tables.options import ReportOptions
from insonify.report.tables.statistics import (
    FEW_SUBJECTS,
    Estimate,
    draw_subjects,
    estimate,
    few_subjects_note,
)

_QUARTERS: Final = ("least", "less", "more", "most")


@dataclass(frozen=True, kw_only=True)
class Skill:
    """A question under a condition."""

    condition: Condition
    skill: Estimate
    change: Estimate | None
    """Minus the skill on real clips; None for that itself."""


class Part(NamedTuple):
    """Some of the real clips, or one parameter of the answer."""

    name: str
    clips: int
    skill: Estimate


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Everything that is said of one question."""

    question: Question
    clips: int
    subjects: int
    skills: tuple[Skill, ...]
    """The real clips first."""
    anatomy: Estimate | None
    """Share of the skill that no condition without anatomy explains, hence the most
    that anatomy can; None where there is no skill to explain."""
    by_motion: tuple[Part, ...]
    by_answer: tuple[Part, ...]
    """By class of the order, or by parameter of the transform."""
    notes: tuple[str, ...]


class _Errors(NamedTuple):
    """Errors of clips, and those of who does not look: (N,) or (N, P)."""

    made: Floats
    blind: Floats

    def of(self, at: np.ndarray) -> "_Errors":
        return _Errors(self.made[at], self.blind[at])


def build_verdicts(audit: AuditRows, options: ReportOptions) -> tuple[Verdict, ...]:
    """A verdict on every question, with intervals over subjects.

    Raises:
        ReportError: a question was not asked about real clips.
    """
    return tuple(_verdict(audit, question, options) for question in audit.questions)


def _verdict(audit: AuditRows, question: Question, options: ReportOptions) -> Verdict:
    real = audit.of(question.name, audit.conditions[0].name)
    if not len(real):
        raise ReportError(
            f"no answers to {question.name!r}; run `insonify audit` again"
        )
    subjects, subject_N = np.unique(real["subject"].to_pylist(), return_inverse=True)
    counts_RS = draw_subjects(len(subjects), options.resamples, options.seed)
    skills_R = {
        condition: _skill(_errors(question, table), subject_N, counts_RS)
        for condition in audit.conditions
        if len(table := audit.of(question.name, condition.name))
    }
    first = next(iter(skills_R.values()))
    skills = tuple(
        Skill(
            condition=condition,
            skill=estimate(each_R[:, None]),
            change=None if each_R is first else estimate((each_R - first)[:, None]),
        )
        for condition, each_R in skills_R.items()
    )
    empty = [each for known, each in skills_R.items() if known.meaning == "empty"]
    few = len(subjects) < FEW_SUBJECTS
    return Verdict(
        question=question,
        clips=len(real),
        subjects=len(subjects),
        skills=skills,
        anatomy=_anatomy(first, empty) if skills[0].skill.low > 0 else None,
        by_motion=tuple(_by_motion(question, real, subject_N, counts_RS)),
        by_answer=tuple(_by_answer(question, real, subject_N, counts_RS)),
        notes=(few_subjects_note(len(subjects)),) if few else (),
    )


def _errors(question: Question, rows: pa.Table) -> _Errors:
    truth_NP, answer_NP = lists(rows["truth"]), lists(rows["answer"])
    if question.choices:
        made_N = (truth_NP != answer_NP).any(1).astype(np.float64)
        return _Errors(made_N, np.full_like(made_N, 1 - 1 / question.choices))
    blind_NP = np.square(truth_NP - truth_NP.mean(0))
    return _Errors(np.square(truth_NP - answer_NP), blind_NP)


def _skill(errors: _Errors, subject_N: np.ndarray, counts_RS: Floats) -> Floats:
    """The skill in every resample: (R,); nan where nothing could be wrong."""
    sums = (
        counts_RS @ np.bincount(subject_N, each_N, minlength=counts_RS.shape[1])
        for each_N in (part.reshape(len(part), -1).sum(1) for part in errors)
    )
    made_R, blind_R = sums
    left_R = np.full(len(made_R), np.nan)
    np.divide(made_R, blind_R, out=left_R, where=blind_R > 0)
    skill_R: Floats = 1 - left_R
    return skill_R


def _anatomy(real_R: Floats, empty: Sequence[Floats]) -> Estimate:
    """One minus the share of the skill that the best condition without anatomy has."""
    left_R = np.maximum(np.max(empty, axis=0), 0)
    share_R = np.divide(
        left_R, real_R, out=np.full_like(real_R, np.nan), where=real_R > 0
    )
    return estimate(np.clip(1 - share_R, 0, 1)[:, None])


def _by_motion(
    question: Question, real: pa.Table, subject_N: np.ndarray, counts_RS: Floats
) -> Iterator[Part]:
    motion_N, errors = real["motion"].to_numpy(), _errors(question, real)
    edges = np.quantile(motion_N, (0.25, 0.5, 0.75))
    quarter_N = np.searchsorted(edges, motion_N, side="right")
    for number, name in enumerate(_QUARTERS):
        at = np.flatnonzero(quarter_N == number)
        if len(at):
            skill_R = _skill(errors.of(at), subject_N[at], counts_RS)
            yield Part(f"{name} motion", len(at), estimate(skill_R[:, None]))


def _by_answer(
    question: Question, real: pa.Table, subject_N: np.ndarray, counts_RS: Floats
) -> Iterator[Part]:
    errors = _errors(question, real)
    for place, name in enumerate(question.parameters):
        one = _Errors(errors.made[:, place], errors.blind[:, place])
        skill_R = _skill(one, subject_N, counts_RS)
        yield Part(name, len(real), estimate(skill_R[:, None]))
    class_N = lists(real["truth"])[:, 0]
    for number, name in enumerate(question.classes):
        at = np.flatnonzero(class_N == number)
        if len(at):
            skill_R = _skill(errors.of(at), subject_N[at], counts_RS)
            yield Part(name, len(at), estimate(skill_R[:, None]))
