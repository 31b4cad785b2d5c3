"""What a model is, as the first section of its card."""

from typing import Any

from insonify.report.card.content import Card
from insonify.report.card.procedure import task_lines
from insonify.report.card.run import RunFacts
from insonify.report.card.text import Section
from insonify.report.card.words import recorded, stated


def model_name(card: Card) -> str:
    """The name that the maker gave, or recipe and architecture."""
    assert card.run is not None
    if card.stated.name:
        return card.stated.name
    return f"{card.run.provenance.get('recipe')}, {card.run.architecture}"


def details(card: Card, run: RunFacts) -> Section:
    """Name, network, input, weights, licence, contact."""
    weights = run.weights
    facts = {
        "Name": model_name(card),
        "Card written": f"{card.date}, by insonify {card.insonify}",
        "Trained with": _trained_with(run),
        "Kind": "encoder of single grey ultrasound frames: one frame in, one feature "
        "vector (or feature map) out",
        "Architecture": run.architecture,
        "Parameters": f"{weights.parameters} (encoder, without heads)",
        "Input": f"{run.size[0]} rows by {run.size[1]} columns, grey, 0 to 255",
        "Normalisation": f"(grey / 255 - {weights.mean:.4f}) / {weights.deviation:.4f}",
        "Clip": _clip(run.options),
        "Recipe": recorded(run.provenance.get("recipe")),
        "Pretext tasks": "; ".join(task_lines(run)) or recorded(None),
        "Began with": _beginning(run),
        "Weights, SHA-256": weights.sha256,
        "Weights, bytes": str(weights.size),
        "Licence": stated(card.stated.licence),
        "Contact": stated(card.stated.contact),
    }
    return Section(title="Model details", facts=tuple(facts.items()))


def _trained_with(run: RunFacts) -> str:
    packages = (run.environment or {}).get("packages", {})
    return recorded(packages.get("insonify") and f"insonify {packages['insonify']}")


def _clip(options: dict[str, Any] | None) -> str:
    if options is None:
        return recorded(None)
    if (clips := options.get("clips")) is None:
        return "none: it learnt from single frames"
    return (
        f"{clips['frames']} frames, {clips['interval_s']:.3g} s apart (within "
        f"{clips['tolerance']:.0%}), motion of at least {clips['motion_floor']:g} grey "
        "levels between neighbours"
    )


def _beginning(run: RunFacts) -> str:
    known = run.provenance
    if (first := known.get("initial")) is not None:
        return f"weights of {first['recipe']}, SHA-256 {first['sha256']}"
    if (adopted := known.get("weights")) is not None:
        return f"weights that others trained, SHA-256 {adopted['sha256']}"
    return "fresh weights" if run.options is not None else recorded(None)
