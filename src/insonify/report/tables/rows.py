"""The table of a report as plain values."""

from dataclasses import dataclass, field

from insonify.report.tables.statistics import Estimate


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
class Bin:
    """A bin of a reliability diagram."""

    low: float
    """Least probability of the decided class; frames on it are in the bin below."""
    high: float
    frames: float
    """Mean over seeds."""
    confidence: float
    """Mean probability of the decided class; nan without frames."""
    accuracy: Estimate
    """Share of its frames that are decided right."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How large the difference to untrained weights is, subject by subject."""

    figure: str
    """What is compared: of each subject, mean over seeds."""
    subjects: int
    """Subjects that have the figure."""
    size: Estimate
    """Mean difference in standard deviations over subjects: Cohen's d_z with Hedges'
    correction. Its sign is that of the difference."""
    improved: float
    """Share of subjects that are better off."""
    worsened: float
    """Share of subjects that are worse off; the others are as well off."""


@dataclass(frozen=True, kw_only=True)
class Equal:
    """What some labels are worth, in labels of the baseline."""

    fraction: float
    """Share of labels that the arm had."""
    share: float
    """Least share with which the baseline does as well, interpolated; 0 where its least
    is enough already, infinite where its most is not enough."""
    low: float
    """Lower end of the 95 % interval of that; 0 and infinite as above."""
    high: float
    words: str
    """The three in words."""


@dataclass(frozen=True, kw_only=True)
class Learning:
    """What an arm makes of more and more labels."""

    arm: str
    protocol: str
    figure: str
    fractions: tuple[float, ...]
    """Shares of labels, increasing."""
    area: Estimate
    """Mean of the figure over the logarithm of the share."""
    gain: Estimate | None
    """Minus that of untrained weights on the same subjects."""
    equals: tuple[Equal, ...]
    """For every share; none without a baseline of several shares."""


@dataclass(frozen=True, kw_only=True)
class GroupFigures:
    """An arm on one group of a grouping."""

    arm: str
    figures: dict[str, Estimate]
    """Empty with fewer than 2 subjects."""
    gains: dict[str, Estimate]
    """Minus untrained weights on the same subjects."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Some of the subjects or videos."""

    name: str
    subjects: int
    videos: int
    frames: int
    classes: int
    """Classes that occur; macro figures are means over them. 0 for saliency."""
    arms: tuple[GroupFigures, ...]


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Figures of groups of subjects or videos, in the primary protocol."""

    name: str
    """Such as device, site or operator."""
    figure: str
    """The figure that groups are compared in."""
    groups: tuple[Group, ...]
    heterogeneity_p: dict[str, float]
    """By arm: p value of no difference between groups, by permuting subjects; nan
    where a subject is in several groups or there are no two groups of 2 subjects."""


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
    there are two classes; those of ``calibration``, and of ``events`` where labels are
    of stretches of videos. Of saliency: those of ``saliency_evaluation``."""
    gains: dict[str, Estimate] = field(default_factory=dict)
    """The same figures minus those of untrained weights, on the same subjects."""
    p: dict[str, float] = field(default_factory=dict)
    """Two-sided p value of some of the gains, by paired permutation of subjects."""
    p_holm: dict[str, float] = field(default_factory=dict)
    """The same by Holm's method, for all that the table tests in the same figure."""
    effects: tuple[Effect, ...] = ()
    reliability: tuple[Bin, ...] = ()
    """Probability of the decided class against share of hits."""
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
    learning: tuple[Learning, ...] = ()
    """Where an arm had several shares of labels."""
    event_notes: tuple[str, ...] = ()
    """How events were counted; empty where there are none."""
    groupings: tuple[Grouping, ...] = ()
    """From :func:`~insonify.report.tables.subgroups.subgroups`."""
