"""Charts of a gallery: how often like lies beside like.

Legend: N frames.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from insonify.report.page.charts import COLOURS, Chart
from insonify.report.page.gallery_columns import GalleryColumns


def neighbour_charts(frames: GalleryColumns) -> Iterator[Chart]:
    """Share of each class whose first neighbour is of it, beside chance."""
    if not frames.classes:
        return
    right, chance, names = [], [], []
    for name in frames.classes:
        mine = [n for n, truth in enumerate(frames.truth) if truth == name]
        asked = [n for n in mine if frames.near[n]]
        if asked:
            same = [frames.truth[frames.near[n][0]] == name for n in asked]
            names.append(f"{name} ({len(asked)})")
            right.append(round(float(np.mean(same)), 4))
            chance.append(round(float(np.mean(_chances(frames, asked, name))), 4))
    bars = {"type": "bar", "orientation": "h", "y": names}
    yield Chart(
        title="Most alike frame of another subject is of the same class",
        data=[
            {**bars, "name": "found", "x": right, "marker": {"color": COLOURS[0]}},
            {**bars, "name": "by chance", "x": chance, "marker": {"color": COLOURS[6]}},
        ],
        layout={
            "height": 110 + 30 * len(names),
            "xaxis": {"range": [0, 1], "tickformat": ".0%"},
            "yaxis": {"autorange": "reversed"},
        },
    )


def _chances(frames: GalleryColumns, asked: Sequence[int], name: str) -> list[float]:
    """Share of other subjects' frames that are of a class, for each frame."""
    truth_N, subject_N = np.array(frames.truth), np.array(frames.subject)
    return [
        float((truth_N[subject_N != frames.subject[n]] == name).mean()) for n in asked
    ]
