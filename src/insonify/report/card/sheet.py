"""The sections of a data sheet.

Gebru et al., Datasheets for Datasets, CACM 2021, section 3, whose headings these are.
"""

from collections.abc import Iterator

from insonify.report.card.content import Card
from insonify.report.card.data import DataFacts, Labels
from insonify.report.card.limits import data_limits
from insonify.report.card.made import deidentification, preprocessing, refused
from insonify.report.card.text import Document, Section
from insonify.report.card.words import (
    counted,
    factor_grids,
    group_grid,
    size_of,
    stated,
)


def data_sheet(card: Card) -> Document:
    """All that is said of a store; ``card.data`` is not None."""
    data, done = card.data, card.preparation
    assert data is not None
    assert done is not None
    name = card.stated.name if card.run is None else None
    return Document(
        title=f"Data sheet: {name or f'store {data.store}'}",
        sections=(
            _motivation(card),
            _composition(card, data),
            *_labels(data),
            _splits(data),
            _collection(data),
            preprocessing(data, done),
            refused(done),
            deidentification(data),
            _uses(card),
            _distribution(card, data),
            Section(title="Gaps and known limits", sentences=tuple(data_limits(data))),
        ),
    )


def _motivation(card: Card) -> Section:
    return Section(
        title="Motivation",
        facts=(
            ("Why and by whom it was gathered", stated(card.stated.purpose)),
            ("Contact", stated(card.stated.contact)),
            ("Sheet written", f"{card.date}, by insonify {card.insonify}"),
        ),
    )


def _composition(card: Card, data: DataFacts) -> Section:
    (least_h, most_h), (least_w, most_w) = data.sizes
    settings = data.settings
    facts = {
        "Store": data.store,
        "Table versions": ", ".join(
            f"{k} {v}" for k, v in sorted(data.versions.items())
        ),
        "In all": size_of(data.whole),
        "Exams": str(data.exams),
        "An instance is": "a video: grey frames of one recording, or of one of the "
        "images of a split screen",
        "Frames": f"{least_h} to {most_h} rows, {least_w} to {most_w} columns, "
        "8 bit grey",
        "Stored as": f"{settings['codec']}"
        + (f", quality {settings['quality']}" if settings["codec"] == "jpeg" else ""),
        "Scale known": f"{data.spaced} of {counted(data.whole.videos, 'video')}",
        "Gaze": "none" if data.gaze is None else size_of(data.gaze),
    }
    return Section(
        title="Composition",
        facts=tuple(facts.items()),
        sentences=tuple(_versions_note(card)),
        grids=factor_grids(data.factors),
    )


def _versions_note(card: Card) -> Iterator[str]:
    if card.run is not None:
        yield "The store as it is now; the model card counts it as its run saw it."


def _labels(data: DataFacts) -> Iterator[Section]:
    for each in data.labels:
        yield Section(
            title=f"Labels: task {each.task}",
            sentences=(_labelled(data, each),),
            grids=(group_grid("class", each.classes),),
        )
    if not data.labels:
        yield Section(title="Labels", sentences=("None.",))


def _labelled(data: DataFacts, labels: Labels) -> str:
    frames, whole = labels.whole.frames, data.whole.frames
    return (
        f"{frames} of {whole} frames ({frames / max(whole, 1):.0%}) of "
        f"{counted(labels.whole.subjects, 'subject')} carry a label; who gave "
        "them, and how well two people agree, is not recorded."
    )


def _splits(data: DataFacts) -> Section:
    grids = [
        group_grid("part", split.parts, f"{split.name}: {counted(split.folds, 'fold')}")
        for split in data.splits
    ]
    told = "Splits are by subject and written once." if grids else "None."
    return Section(title="Splits", sentences=(told,), grids=tuple(grids))


def _collection(data: DataFacts) -> Section:
    return Section(
        title="Collection process",
        sentences=(
            "Who recorded whom, when, where and under which protocol is not recorded: "
            "a store holds no dates, places or people.",
        ),
        grids=factor_grids(data.sources),
    )


def _uses(card: Card) -> Section:
    use = card.stated.intended_use if card.run is None else None
    return Section(
        title="Uses",
        facts=(("Intended use", stated(use)),),
        sentences=(
            "Research use only; not for the care of a patient.",
            "Attempts to find out who a subject is are no use that is meant.",
        ),
    )


def _distribution(card: Card, data: DataFacts) -> Section:
    own = card.stated.licence if card.run is None else None
    facts = [
        ("Licence", stated(own)),
        ("Approval and consent", stated(card.stated.consent)),
    ]
    for terms in data.terms:
        said = [
            terms[name] for name in ("site", "licence", "citation") if name in terms
        ]
        facts.append((terms.get("title", "A published set"), "; ".join(said)))
    return Section(
        title="Distribution and maintenance",
        facts=tuple(facts),
        sentences=(
            "A store can be added to by insonify ingest; the table versions above "
            "name its content exactly, and older ones can be opened.",
        ),
    )
