"""The sections of a model card.

Mitchell et al., Model Cards for Model Reporting, FAT* 2019, section 4, whose headings
these are; training procedure and reproduction are ours.
"""

from collections.abc import Iterator
from typing import Any, Final

from insonify.report.card.content import Card
from insonify.report.card.details import details, model_name
from insonify.report.card.figures import analyses, metrics_told
from insonify.report.card.limits import limits
from insonify.report.card.procedure import procedure
from insonify.report.card.run import RunFacts
from insonify.report.card.text import Document, Section
from insonify.report.card.words import (
    counted,
    factor_grids,
    group_grid,
    interval,
    recorded,
    size_of,
    stated,
)
from insonify.report.page.commands import pretrain_command

_OUT_OF_SCOPE: Final = (
    "Out of scope: diagnosis, screening, triage of patients, guidance of an "
    "examination, and every other use in the care of a patient. It is no medical "
    "device, and no authority has cleared it.",
    "Out of scope: images of other organs, probes, devices or settings than those "
    "under training data, before it was tested on them.",
)
_LEARNT: Final = (
    "It learnt from ultrasound of subjects who are pseudonyms in its store; this card "
    "names none of them.",
    "Their pseudonyms stand in the checkpoint folder, in checkpoint.json, so that "
    "leaks can be ruled out: ask the site before you publish them.",
)
_UNSTUDIED: Final = (
    "What of single frames can be recovered from the weights was not measured: treat "
    "the weights as you treat the data.",
    "Harm that a use in care could do was not studied; that use is out of scope.",
)


def model_card(card: Card) -> Document:
    """All that is said of a model; ``card.run`` is not None."""
    assert card.run is not None
    return Document(
        title=f"Model card: {model_name(card)}",
        sections=(
            details(card, card.run),
            _intended(card),
            _factors(card),
            Section(title="Metrics", sentences=tuple(metrics_told(card.tested))),
            _evaluation(card),
            _training_data(card, card.run),
            procedure(card.run),
            analyses(card.tested),
            _audit(card),
            _ethics(card, card.run),
            Section(title="Known limits", sentences=tuple(limits(card))),
            _again(card, card.run),
        ),
    )


def _intended(card: Card) -> Section:
    return Section(
        title="Intended use",
        facts=(
            ("Intended use", stated(card.stated.intended_use)),
            ("Intended users", "researchers in ultrasound imaging"),
        ),
        sentences=("Research use only. Not a medical device.", *_OUT_OF_SCOPE),
    )


def _factors(card: Card) -> Section:
    factors = card.data.factors if card.data else ()
    named = ", ".join(factor.name for factor in factors)
    sentences = [
        f"Recorded in the store: {named}."
        if named
        else "Neither device nor site is recorded, or no store was given to this card.",
        "Of subjects a store records nothing but labels and the facts that are kept: "
        "figures by age, sex, weight or origin cannot be made of it.",
    ]
    return Section(title="Factors", sentences=tuple(sentences))


def _evaluation(card: Card) -> Section:
    sentences = []
    for each in card.tested:
        arm = each.arm
        own = "this one among them" if arm.own else "this one not among them"
        where = (
            "the store of its training" if _same(card, each.store) else "another store"
        )
        sentences.append(
            f"Task {each.task}: {counted(each.frames, 'frame')} of "
            f"{counted(each.subjects, 'subject')} of {where}, split {each.split}. "
            f"Tested were {counted(arm.encoders, 'encoder')} of the recipe ({own}; "
            f"folds {_list(arm.folds)}, seeds {_list(arm.pretraining_seeds)}); none "
            "was tested on a subject that it had learnt from."
        )
    return Section(
        title="Evaluation data",
        sentences=tuple(sentences)
        or ("None: no predictions were given to this card.",),
    )


def _same(card: Card, store: str) -> bool:
    return card.run is not None and card.run.provenance.get("store") == store


def _list(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values)) or recorded(None)


def _training_data(card: Card, run: RunFacts) -> Section:
    known = run.provenance
    subjects = recorded(known.get("subjects"))
    facts = [
        ("Store", recorded(known.get("store"))),
        ("Split and fold", _split(known)),
        ("Subjects learnt from", subjects),
    ]
    if not card.roles:
        return Section(
            title="Training data",
            facts=tuple(facts),
            sentences=("Videos, frames and devices: no store was given to this card.",),
        )
    learnt, *_ = card.roles
    facts.append(("Learnt from", size_of(learnt.videos)))
    who = [role.videos for role in card.roles]
    grids = [group_grid("subjects were", who, "Roles in this run")]
    grids += factor_grids(learnt.instruments)
    return Section(title="Training data", facts=tuple(facts), grids=tuple(grids))


def _split(known: dict[str, Any]) -> str:
    if known.get("split") is None:
        return "none: all subjects" if known.get("store") else recorded(None)
    return f"{known['split']}, fold {known['fold']}"


def _audit(card: Card) -> Section:
    def told() -> Iterator[str]:
        for each in card.audited:
            yield (
                f"{each.question}: skill {interval(each.skill)} on "
                f"{counted(each.clips, 'clip')} of {counted(each.subjects, 'subject')}."
            )
            yield from each.findings

    none = "Not audited: no audit was given to this card."
    return Section(
        title="What the pretext skill rests on", sentences=tuple(told()) or (none,)
    )


def _ethics(card: Card, run: RunFacts) -> Section:
    return Section(
        title="Ethical considerations",
        facts=(("Approval and consent", stated(card.stated.consent)),),
        sentences=(*(_LEARNT if run.provenance.get("subjects") else ()), *_UNSTUDIED),
    )


def _again(card: Card, run: RunFacts) -> Section:
    commands = [] if run.options is None else [pretrain_command(run.options)]
    commands += [command for each in card.tested for command in each.commands]
    return Section(
        title="How to reproduce",
        sentences=tuple(_conditions(run)),
        commands=tuple(commands),
    )


def _conditions(run: RunFacts) -> Iterator[str]:
    if run.options is None:
        yield "A checkpoint by itself does not hold the options of its training."
        return
    yield "STORE and RUN stand for the store above and for a new folder."
    if run.provenance.get("initial"):
        yield "Add --initial with the weights that it began with (see above)."
    yield (
        "The same options, store, package versions, threads and kind of processor give "
        "the same weights to the last bit."
    )
