"""Names of figures, and numbers in words."""

import math
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from insonify.report.tables.statistics import Estimate

FIGURES: Final = {
    "macro_f1": "macro F1",
    "macro_f1_foreground": "macro F1 without background",
    "macro_precision_foreground": "precision without background",
    "macro_recall_foreground": "recall without background",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "auroc": "AUROC",
    "ece": "ECE ↓",
    "ece_mass": "ECE, bins of equal mass ↓",
    "ece_classwise": "class-wise ECE ↓",
    "brier": "Brier score ↓",
    "log_loss": "log loss ↓",
    "event_f1": "event F1",
    "event_precision": "event precision",
    "event_recall": "event recall",
    "best_frame": "best frame is right",
    "best_frame_near": "best frame is near",
    "false_alarms": "false alarms a minute ↓",
    "kl": "KL ↓",
    "nss": "NSS",
    "auc": "AUC",
    "auc_judd": "AUC-Judd",
    "sauc": "shuffled AUC",
    "cc": "CC",
    "sim": "SIM",
    "ig": "IG, bits",
}
"""Every figure's head; an arrow down where less is better."""
CALIBRATION: Final = ("ece", "ece_mass", "ece_classwise", "brier", "log_loss")
EVENTS: Final = (
    *("event_f1", "event_precision", "event_recall"),
    *("best_frame", "best_frame_near", "false_alarms"),
)
MAIN: Final = tuple(
    name for name in FIGURES if name not in (*CALIBRATION, *EVENTS, "accuracy")
)
"""The figures of the first table; calibration and events have tables of their own."""
LOWER_IS_BETTER: Final = frozenset({"kl", *CALIBRATION, "false_alarms"})
GAINS: Final = ("macro_f1", "kl", "nss")
"""The figures whose gain over untrained weights is shown."""
TESTED: Final = ("macro_f1", "macro_f1_foreground", "kl", "nss")
"""The figures whose gain is tested."""

PROTOCOLS: Final = ("finetune", "frozen", "linear", "knn", "prototype")
"""A table's primary protocol is the first of these that it has."""
REFERENCES: Final = ("chance", "static")
"""Protocols that look at no image: drawn as lines that are to be beaten."""


class _Learnt(Protocol):
    """A row of a table, or the predictions behind it."""

    @property
    def protocol(self) -> str: ...
    @property
    def fraction(self) -> float | None: ...


L = TypeVar("L", bound=_Learnt)


def primary_of(found: Sequence[L]) -> list[L]:
    """Those of the primary protocol, with the largest share of labels there is."""
    learnt = [each for each in found if each.fraction is not None]
    there = {each.protocol for each in learnt}
    protocol = next((name for name in PROTOCOLS if name in there), None)
    mine = [each for each in learnt if each.protocol == protocol]
    widest = max((each.fraction or 0.0 for each in mine), default=0.0)
    return [each for each in mine if each.fraction == widest]


def share(fraction: float | None) -> str:
    """A label fraction in words; empty for what learns from none."""
    return "" if fraction is None else f"{fraction:.3g}"


def number(value: float) -> str:
    """Three digits, or undefined."""
    return "undefined" if math.isnan(value) else f"{value:.3f}"


def interval(figure: Estimate, sign: str = "") -> tuple[str, ...]:
    """Such as ``0.757 ±0.012`` and ``[0.702, 0.811]``."""
    if math.isnan(figure.value):
        return ("undefined",)
    value = f"{figure.value:{sign}.3f}"
    spread = "" if math.isnan(figure.spread) else f" ±{figure.spread:.3f}"
    return value + spread, f"[{figure.low:.3f}, {figure.high:.3f}]"


def p_words(p: float) -> str:
    """Such as ``p 0.012`` or ``p < 0.001``; empty where there is none."""
    if math.isnan(p):
        return ""
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"
