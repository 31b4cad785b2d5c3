"""What is known to limit an encoder or its data: sentences that follow from facts."""

from collections.abc import Iterator
from typing import Final

from insonify.report.card.content import Card
from insonify.report.card.counts import NOT_RECORDED, Factor
from insonify.report.card.data import DataFacts
from insonify.report.card.tested import Tested
from insonify.report.card.words import counted, percent
from insonify.report.tables.statistics import FEW_SUBJECTS
from insonify.report.tables.wording import FIGURES, LOWER_IS_BETTER, share

_MANUFACTURER: Final = "manufacturer"


def limits(card: Card) -> Iterator[str]:
    """Of a model: who was learnt from, what was not tested, and what went badly."""
    yield from _synthetic(card.data)
    yield from _learnt_from(card)
    if not card.tested:
        yield (
            "Not tested: no predictions were given to this card, so that nothing is "
            "known here of what the encoder is good for."
        )
    for tested in card.tested:
        yield from _tested(tested)
    yield from _shortcuts(card)


def data_limits(data: DataFacts) -> Iterator[str]:
    """Of a store."""
    yield from _synthetic(data)
    missing = data.whole.videos - data.spaced
    if missing:
        yield (
            f"The scale, in millimetres per pixel, is not recorded for {missing} of "
            f"{counted(data.whole.videos, 'video')}."
        )
    for factor in data.factors:
        unknown = sum(g.videos for g in factor.groups if g.name == NOT_RECORDED)
        if unknown:
            yield (
                f"{factor.name.capitalize()}: not recorded for {unknown} of "
                f"{counted(data.whole.videos, 'video')}."
            )
    if not data.factors:
        yield "Neither device nor site is recorded for any video."
    if not data.labels:
        yield "There are no labels."
    if data.gaze is None:
        yield "There is no gaze."
    yield (
        "Of subjects nothing is recorded but what labels and kept facts say: whether "
        "they represent any population cannot be told from the store."
    )


def _synthetic(data: DataFacts | None) -> Iterator[str]:
    if data is None:
        yield (
            "Whether subjects are real or synthetic is not known here: no store was "
            "given to this card."
        )
    elif data.synthetic:
        whose = "all" if data.synthetic == data.whole.subjects else str(data.synthetic)
        yield (
            f"Synthetic: {whose} of the {counted(data.whole.subjects, 'subject')} of "
            "the store were drawn by insonify phantom (its fictitious scanners are "
            "named in their files). Figures on them say nothing of real ultrasound."
        )
    else:
        yield (
            "No file of the store names a scanner of insonify phantom; its screen "
            "recordings bear no mark, so that this alone does not prove that subjects "
            "are real."
        )


def _learnt_from(card: Card) -> Iterator[str]:
    run = card.run
    if run is None:
        return
    subjects = run.provenance.get("subjects")
    if subjects is None:
        yield (
            "Which subjects it learnt from is not recorded: leaks cannot be ruled out."
        )
    elif subjects == 0:
        yield "It learnt from no subject of a store: its weights come from elsewhere."
    else:
        yield (
            f"It learnt from {counted(subjects, 'subject')}; of others nothing is "
            "known but what was tested."
        )
        here = card.roles[0].videos.subjects if card.roles else subjects
        if here < subjects:
            yield (
                f"{subjects - here} of them are not in this store: the weights that it "
                "began with saw them."
            )
        if run.provenance.get("split") is None:
            yield "No split: no subject of its store is left to test it on."
    makers = [f for r in card.roles[:1] for f in r.instruments]
    yield from _one_maker(makers)


def _one_maker(factors: list[Factor]) -> Iterator[str]:
    for factor in factors:
        named = [group for group in factor.groups if group.name != NOT_RECORDED]
        if factor.name == _MANUFACTURER and len(named) == 1:
            yield f"All that it learnt from and whose {factor.name} is known is of one."


def _tested(tested: Tested) -> Iterator[str]:
    if not tested.arm.own:
        yield (
            f"Task {tested.task}: the figures are of other encoders of the same "
            "recipe, not of this one."
        )
    if tested.subjects < FEW_SUBJECTS:
        yield (
            f"Task {tested.task}: {counted(tested.subjects, 'test subject')}; with "
            f"fewer than {FEW_SUBJECTS} intervals look more certain than they are."
        )
    for each in tested.figures:
        if each.word in ("worse", "not told apart") and each.figure in _TOLD:
            verb = "is worse than" if each.word == "worse" else "cannot be told from"
            labels = share(each.fraction)
            yield (
                f"Task {tested.task}, {each.protocol}, labels {labels}: in "
                f"{FIGURES[each.figure]} it {verb} the same network without "
                "pretraining."
            )
    yield from _blind(tested)
    if never := [c.name for c in tested.classes if c.support and c.recall.value == 0]:
        yield f"Task {tested.task}: never found: {', '.join(never)}."


_TOLD: Final = ("macro_f1", "kl", "nss")
"""Figures whose gain is told in words, as in a report."""


def _blind(tested: Tested) -> Iterator[str]:
    """Protocols that do no better than who does not look."""
    for each in tested.figures:
        if each.figure not in _TOLD:
            continue
        sign = -1 if each.figure in LOWER_IS_BETTER else 1
        blind = [
            sign * found.figures[each.figure]
            for found in tested.blind
            if each.figure in found.figures and found.fraction in (None, each.fraction)
        ]
        if blind and sign * each.value.value <= max(blind):
            yield (
                f"Task {tested.task}, {each.protocol}, labels {share(each.fraction)}: "
                f"in {FIGURES[each.figure]} no better than what needs no image."
            )


def _shortcuts(card: Card) -> Iterator[str]:
    if not card.audited:
        yield (
            "Whether the pretext task was solved by a shortcut is not known here: no "
            "audit was given to this card (insonify audit STORE RUN)."
        )
    for each in card.audited:
        if each.without_anatomy is None:
            yield (
                f"Audit of {each.question}: no skill on held-out clips, hence nothing "
                "that could rest on anatomy."
            )
        else:
            yield (
                f"Audit of {each.question}: {percent(each.without_anatomy)} of the "
                "pretext skill is reached without anatomy."
            )
