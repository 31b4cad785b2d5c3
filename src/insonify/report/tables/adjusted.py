"""P values of a table, adjusted for how many there are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from insonify.report.tables.rows import Row
from insonify.report.tables.statistics import holm


def adjusted(rows: Sequence[Row]) -> list[Row]:
    """The rows with p values by Holm's method; tests of a figure are a family."""
    names = dict.fromkeys(name for row in rows for name in row.p)
    by_name = {
        name: holm(np.array([row.p.get(name, np.nan) for row in rows]))
        for name in names
    }
    return [
        replace(row, p_holm={name: float(by_name[name][place]) for name in row.p})
        for place, row in enumerate(rows)
    ]
