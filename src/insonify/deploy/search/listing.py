"""What was found, with the labels that it carries, as a table and as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from insonify.core.cells import plain_cell
from insonify.deploy.search.hits import Hit
from insonify.store import Store

_COLUMNS = ("rank", "video", "frame", "time_s", "subject", "similarity")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Hits, the best first, and what the store says of them."""

    tasks: tuple[str, ...]
    """All that the store has labels of."""
    hits: tuple[Hit, ...]
    labels: tuple[dict[str, str], ...]
    """Of each hit: its label by task, where it has one."""

    @classmethod
    def of(cls, store: Store, hits: Sequence[Hit]) -> "Listing":
        """Look up the labels of hits."""
        tasks = tuple(store.tasks())
        return cls(
            tasks=tasks,
            hits=tuple(hits),
            labels=tuple(labels_of(store, tasks, [hit.position for hit in hits])),
        )

    def said(self, place: int) -> str:
        """The labels of a hit in a few words; a task is named if there are several."""
        return said(self.tasks, self.labels[place])

    def csv(self) -> bytes:
        """A row a hit, and a column ``label TASK`` for each task."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*_COLUMNS, *(f"label {task}" for task in self.tasks)])
        for rank, (hit, found) in enumerate(
            zip(self.hits, self.labels, strict=True), start=1
        ):
            time_s, similarity = f"{hit.time_s:.3f}", f"{hit.similarity:.6f}"
            known = [rank, hit.video, hit.frame, time_s, hit.subject, similarity]
            labels = (found.get(task, "") for task in self.tasks)
            writer.writerow(map(plain_cell, [*known, *labels]))
        return text.getvalue().encode()


def said(tasks: Sequence[str], labels: Mapping[str, str]) -> str:
    """Labels in a few words; their tasks are named only if the store has several.

    >>> said(["plane"], {"plane": "head"}), said(["plane", "side"], {"plane": "head"})
    ('head', 'plane=head')
    """
    if len(tasks) == 1:
        return "".join(labels.values())
    return ", ".join(f"{task}={label}" for task, label in labels.items())


def labels_of(
    store: Store, tasks: Sequence[str], positions: Sequence[int]
) -> Iterator[dict[str, str]]:
    """The label of each frame, by task; a task is left out where there is none."""
    wanted = set(positions)
    known: dict[str, dict[int, str]] = {}
    for task in tasks:
        found = store.frame_labels(task)
        pairs = zip(found.positions.tolist(), found.labels, strict=True)
        known[task] = {place: label for place, label in pairs if place in wanted}
    for position in positions:
        yield {task: known[task][position] for task in tasks if position in known[task]}
