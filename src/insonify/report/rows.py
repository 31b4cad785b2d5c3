"""The table of a report as plain values."""

from dataclasses import dataclass, field

from insonify.report.statistics import Estimate


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """Figures of one class, means over seeds; nan where the class does not occur."""

    name: str
    support: int
    """Test frames of the class."""
    precision: float
    recall: float
    f1: float
    auroc: float
    """One against the rest."""
    average_precision: float
    """One against the rest."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One arm under one protocol."""

    arm: str
    protocol: str
    fraction: float | None
    """Share of the labelled training subjects that were used; None: not trained."""
    seeds: int
    subjects: int
    """Tested subjects."""
    frames: int
    """Tested frames."""
    figures: dict[str, Estimate]
    """Of planes: macro_f1, macro_precision, macro_recall, balanced_accuracy, accuracy;
    the macro ones again with _foreground where there is a background class; auroc where
    there are two classes. Of saliency: those of ``saliency_evaluation``."""
    gains: dict[str, Estimate] = field(default_factory=dict)
    """The same figures minus those of untrained weights, on the same subjects."""
    classes: tuple[ClassFigures, ...] = ()
    confusion: tuple[tuple[float, ...], ...] = ()
    """Test frames by true class (rows) and decided class, means over seeds."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Everything a report says, as plain values."""

    task: str
    classes: tuple[str, ...]
    """Empty for saliency."""
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
