"""How large a difference between two arms is, subject by subject.

Legend: S subjects, R resamples.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from insonify.report.tables.metrics import Floats, ratio
from insonify.report.tables.rows import Effect
from insonify.report.tables.statistics import estimate


def effect(
    figure: str, difference_S: Floats, counts_RS: Floats, *, lower_is_better: bool
) -> Effect:
    """Summarise paired differences of a figure that every subject has.

    Args:
        figure: What it is the difference of.
        difference_S: Arm minus baseline; nan where a subject has no such figure.
        counts_RS: From :func:`~insonify.report.tables.statistics.draw_subjects`.
        lower_is_better: Whether a negative difference is an improvement.
    """
    defined_S = np.isfinite(difference_S)
    mine_S, weight_RS = difference_S[defined_S], counts_RS[:, defined_S]
    gain_S = -mine_S if lower_is_better else mine_S
    return Effect(
        figure=figure,
        subjects=len(mine_S),
        size=estimate(standardised(mine_S, weight_RS)[:, None]),
        improved=_share(gain_S > 0),
        worsened=_share(gain_S < 0),
    )


def standardised(difference_S: Floats, weight_RS: Floats) -> Floats:
    """Mean difference in standard deviations of the difference, by resample: (R,).

    Cohen's d_z = mean / sd (ddof 1) of the paired differences (Lakens, Frontiers in
    Psychology 4, 2013, equation 6), times Hedges' exact correction for few subjects,
    Γ(m/2) / (√(m/2) Γ((m-1)/2)) with m = S - 1 (Hedges, Journal of Educational
    Statistics 6, 1981). nan with fewer than three subjects, or where all differ alike.
    """
    freedom = len(difference_S) - 1
    if freedom < 2:
        return np.full(len(weight_RS), np.nan)
    number_R = weight_RS.sum(1)
    mean_R = ratio(weight_RS @ difference_S, number_R)
    apart_RS = difference_S - mean_R[:, None]
    variance_R = ratio((weight_RS * apart_RS**2).sum(1), number_R - 1)
    rounding = 1e-12 * max(1e-300, float(np.abs(difference_S).max()))
    spread_R = np.where(variance_R > rounding**2, np.sqrt(variance_R), 0.0)
    half = freedom / 2
    correction = np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half)
    return ratio(mean_R * correction, spread_R)


def _share(which_S: npt.NDArray[np.bool_]) -> float:
    return float(which_S.mean()) if len(which_S) else float("nan")
