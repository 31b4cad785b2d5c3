"""What labels are worth: areas under learning curves, and equal shares of labels.

A learning curve is taken as straight between its points over the logarithm of the share
of labels, in which its usual shape is closest to a line.

Legend: F shares of labels, R resamples, K seeds.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from insonify.report.tables.metrics import Floats
from insonify.report.tables.rows import Equal, Learning
from insonify.report.tables.statistics import LEVEL, Estimate, estimate

Curves = Mapping[tuple[str, str], Mapping[float, Floats]]
"""By arm and protocol: share of labels to a figure's (R, K), all of one resampling."""

_ENDS: Final = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def learning(
    figure: str, curves: Curves, baselines: Mapping[str, str], *, lower_is_better: bool
) -> list[Learning]:
    """Describe every arm under every protocol with several shares of labels.

    Args:
        figure: Name of the figure.
        curves: Its values.
        baselines: Arm of untrained weights of each arm that has one.
        lower_is_better: Whether the figure falls as it gets better.
    """
    found = []
    for (arm, protocol), curve in sorted(curves.items()):
        if len(curve) < 2:
            continue
        other = curves.get((baselines.get(arm, ""), protocol), {})
        found.append(
            Learning(
                arm=arm,
                protocol=protocol,
                figure=figure,
                fractions=tuple(sorted(curve)),
                area=_area(curve),
                gain=_gain(curve, other),
                equals=tuple(_equals(curve, other, lower_is_better)),
            )
        )
    return found


def area_under(value_RF: Floats, fractions: Sequence[float]) -> Floats:
    """Mean of a curve over the logarithm of the share of labels: (R,)."""
    at_F = np.log(fractions)
    return np.asarray(np.trapezoid(value_RF, at_F, axis=1) / (at_F[-1] - at_F[0]))


def equal_share(
    wanted_R: Floats, value_RF: Floats, fractions: Sequence[float]
) -> Floats:
    """Least share of labels at which an interpolated curve reaches a value: (R,).

    0 where its first point does, infinite where it never does; nan where either is
    undefined.

    Args:
        wanted_R: The value; more is better.
        value_RF: The curve.
        fractions: Its F shares, increasing.
    """
    at_F = np.log(fractions)
    reached_RF = value_RF >= wanted_R[:, None]
    first_R = reached_RF.argmax(1)
    found_R = np.full(len(wanted_R), np.inf)
    inside = np.flatnonzero(reached_RF.any(1) & (first_R > 0))
    high = first_R[inside]
    below, above = value_RF[inside, high - 1], value_RF[inside, high]
    part = (wanted_R[inside] - below) / (above - below)
    found_R[inside] = np.exp(at_F[high - 1] + part * (at_F[high] - at_F[high - 1]))
    found_R[reached_RF[:, 0]] = 0.0
    undefined_R = np.isnan(wanted_R) | np.isnan(value_RF).any(1)
    return np.where(undefined_R, np.nan, found_R)


def _means(curve: Mapping[float, Floats], fractions: Sequence[float]) -> Floats:
    """Means over seeds: (R, F)."""
    return np.stack([curve[fraction].mean(1) for fraction in fractions], axis=1)


def _area(curve: Mapping[float, Floats]) -> Estimate:
    shares = sorted(curve)
    return estimate(area_under(_means(curve, shares), shares)[:, None])


def _gain(
    curve: Mapping[float, Floats], other: Mapping[float, Floats]
) -> Estimate | None:
    """Area minus the baseline's, where both have the same shares and subjects."""
    shares = sorted(curve)
    if shares != sorted(other):
        return None
    apart_RF = _means(curve, shares) - _means(other, shares)
    return estimate(area_under(apart_RF, shares)[:, None])


def _equals(
    curve: Mapping[float, Floats], other: Mapping[float, Floats], lower_is_better: bool
) -> list[Equal]:
    if len(other) < 2:
        return []
    sign, shares = (-1 if lower_is_better else 1), sorted(other)
    value_RF = sign * _means(other, shares)
    return [
        _equal(fraction, equal_share(sign * value_RK.mean(1), value_RF, shares), shares)
        for fraction, value_RK in sorted(curve.items())
    ]


def _equal(fraction: float, share_R: Floats, shares: Sequence[float]) -> Equal:
    # "nearest" takes values as they are: between 0.4 and infinity there is no middle.
    drawn = share_R[1:][~np.isnan(share_R[1:])]
    low, high = (
        np.quantile(drawn, _ENDS, method="nearest") if len(drawn) else (np.nan,) * 2
    )
    value, low, high = float(share_R[0]), float(low), float(high)
    said, least, most = (_said(each, shares) for each in (value, low, high))
    return Equal(
        fraction=fraction,
        share=value,
        low=low,
        high=high,
        words=f"{said} [{least}, {most}]",
    )


def _said(share: float, shares: Sequence[float]) -> str:
    if np.isnan(share):
        return "undefined"
    if share == 0:
        return f"≤ {shares[0]:.3g}"
    return f"> {shares[-1]:.3g}" if np.isinf(share) else f"{share:.3g}"
