"""What the paper reports: Jiao et al., ISBI 2020, Tables 1 to 3; mean ± sd of 3 folds.

Orientation only: the data are private. ``gaze_point`` and ``gaze_saliency`` are the
rows "gaze" and "saliency", ``supervised`` of saliency is that of Droste et al., IPMI
2019, and ``imagenet`` comes from the authors' follow-up of 2020.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from insonify.transfer.arms import RANDOM, SUPERVISED

JOINT: Final = "siamese"
"""The arm that has both tasks."""


class Figure(NamedTuple):
    """A published figure; ``spread`` is None where none was given."""

    value: float
    spread: float | None = None


Published = Mapping[str, Mapping[str, Figure]]
"""Figures by arm and name; names are those of the report."""


def _planes(
    precision: Figure | float, recall: Figure | float, f1: Figure | float
) -> dict[str, Figure]:
    """Percentages as shares."""
    named = {"macro_precision": precision, "macro_recall": recall, "macro_f1": f1}
    return {name: _share(figure) for name, figure in named.items()}


def _share(figure: Figure | float) -> Figure:
    value, spread = figure if isinstance(figure, Figure) else Figure(figure)
    return Figure(value / 100, None if spread is None else spread / 100)


def _saliency(
    kl: Figure, nss: Figure, auc: float, cc: float, sim: float
) -> dict[str, Figure]:
    return {
        "kl": kl,
        "nss": nss,
        "auc_judd": Figure(auc),
        "cc": Figure(cc),
        "sim": Figure(sim),
    }


PLANES: Final[Published] = {
    "random": _planes(Figure(70.4, 2.3), Figure(64.9, 1.6), Figure(67.0, 1.3)),
    "siamese": _planes(Figure(75.8, 1.9), Figure(76.4, 2.7), Figure(75.7, 2.0)),
    "disentangled": _planes(Figure(71.1, 3.1), Figure(71.9, 1.4), Figure(71.0, 2.3)),
    "order_only": _planes(Figure(72.1, 4.2), Figure(72.5, 2.1), Figure(71.8, 3.0)),
    "transform_only": _planes(Figure(72.8, 3.5), Figure(72.3, 1.7), Figure(72.3, 2.6)),
    "gaze_point": _planes(67.2, 57.3, 60.7),
    "gaze_saliency": _planes(79.5, 75.1, 76.6),
    "imagenet": _planes(Figure(74.6, 1.8), Figure(71.2, 1.9), Figure(72.5, 1.8)),
    "sononet": _planes(Figure(82.3, 1.3), Figure(87.3, 1.1), Figure(84.5, 0.9)),
}
"""Table 1 and, for the two single tasks, Table 3."""

SALIENCY: Final[Published] = {
    "random": _saliency(Figure(3.94, 0.18), Figure(1.47, 0.24), 0.90, 0.12, 0.05),
    "siamese": _saliency(Figure(3.00, 0.08), Figure(2.72, 0.12), 0.95, 0.22, 0.12),
    "disentangled": _saliency(Figure(3.06, 0.08), Figure(2.54, 0.11), 0.94, 0.21, 0.11),
    "order_only": _saliency(Figure(3.29, 0.14), Figure(2.29, 0.16), 0.93, 0.19, 0.09),
    "transform_only": _saliency(
        Figure(3.54, 0.61), Figure(1.97, 0.74), 0.93, 0.16, 0.09
    ),
    "imagenet": _saliency(Figure(3.95), Figure(1.72), 0.89, 0.14, 0.08),
    "static": _saliency(Figure(3.41), Figure(1.39), 0.86, 0.15, 0.085),
    "sononet": _saliency(Figure(3.14, 0.02), Figure(2.62, 0.03), 0.94, 0.21, 0.12),
    "supervised": _saliency(Figure(2.43), Figure(4.03), 0.967, 0.316, 0.185),
}
"""Table 2 and, for the two single tasks, Table 3."""


def names_there(arms: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What the paper calls the twins of its own network, where ours have longer names.

    With foreign encoders there are untrained twins of several architectures.
    """
    own = str(arms[JOINT]["baseline"])
    return {own: RANDOM, own.replace(RANDOM, SUPERVISED, 1): SUPERVISED}


def published_heads(figure: str) -> tuple[str, str]:
    """Heads of the two columns that hold a published figure."""
    return f"paper: {figure}", f"paper: gain in {figure}"


def published_cells(published: Published, arm: str, name: str) -> tuple[str, str]:
    """A published figure and its gain over random; empty where there is none."""
    mine = published.get(arm, {}).get(name)
    if mine is None:
        return "", ""
    spread = "" if mine.spread is None else f" ±{mine.spread:.3g}"
    base = published[RANDOM][name].value
    gain = "" if arm == RANDOM else f"{mine.value - base:+.3f}"
    return f"{mine.value:.3f}{spread}", gain


def difference_cell(published: Published, single: str, name: str) -> str:
    """Both tasks minus a single one, as published."""
    joint, alone = (published[arm][name] for arm in (JOINT, single))
    return f"{joint.value - alone.value:+.3f}"
