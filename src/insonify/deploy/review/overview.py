"""The list of all videos, with how far each is labelled."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from insonify.deploy.review.book import Row, labelled_s
from insonify.deploy.review.catalogue import Catalogue, Entry


def overview(
    catalogue: Catalogue,
    labels: Mapping[str, Sequence[Row]],
    doubts: Mapping[str, float],
) -> list[dict[str, Any]]:
    """A row a video, by subject, exam and video.

    Args:
        catalogue: The videos.
        labels: What holds of each.
        doubts: How doubtful the most doubtful frame of each is, as far as known.
    """
    order = sorted(
        catalogue.entries, key=lambda one: (one.subject, one.exam, one.video)
    )
    return [
        _row(one, labels.get(one.video, ()), doubts.get(one.video)) for one in order
    ]


def _row(entry: Entry, rows: Sequence[Row], doubt: float | None) -> dict[str, Any]:
    return {
        "video": entry.video,
        "subject": entry.subject,
        "exam": entry.exam,
        "frames": entry.frames,
        "duration_s": round(entry.duration_s, 3),
        "thumbnail": entry.frames // 2,
        "labelled_s": round(labelled_s(entry, rows), 3),
        "labels": dict(sorted(Counter(row["label"] for row in rows).items())),
        "best_doubt": None if doubt is None else round(doubt, 3),
    }
