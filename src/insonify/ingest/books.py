"""Keeps the books of a batch: what is new, what became of it, and when to commit."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from insonify.ingest.deidentify import add_to_linkage
from insonify.ingest.handling import FileResult, Job
from insonify.store import Reject, Store

COUNTS: Final = ("frames_read", "frames", "duplicates", "black", "frozen", "cuts")
"""What is counted over a batch."""
_BATCH: Final = 16
_BATCH_S: Final = 10.0
"""Files and seconds between commits: what a kill can cost in repeated work."""


@dataclass(kw_only=True)
class Summary:
    """What became of a folder."""

    linkage: Path
    """The private list that says which pseudonym is which file."""
    files: int = 0
    known: int = 0
    """Files that were taken before."""
    refused_before: int = 0
    """Files that were refused before and not tried again."""
    taken: int = 0
    rejects: list[Reject] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Frames read, kept, and dropped by reason."""


class Books:
    """Commits results in batches and keeps count."""

    def __init__(
        self,
        store: Store,
        summary: Summary,
        on_file: Callable[[FileResult, int], None],
    ) -> None:
        self.store, self.summary, self.on_file = store, summary, on_file
        self.paths: dict[str, str] = {}
        self.videos = store.known_videos()
        self.refused = set(store.rejects()["file"].to_pylist())
        self.waiting: list[FileResult] = []
        self.since = time.monotonic()

    def choose(self, jobs: Sequence[Job], retry: bool) -> list[Job]:
        """The jobs that are new; the others are counted."""
        taken = set(self.store.videos()["file"].to_pylist())
        self.summary.files = len(jobs)
        self.summary.known = sum(job.file in taken for job in jobs)
        new = [job for job in jobs if job.file not in taken]
        if not retry:
            before, new = new, [job for job in new if job.file not in self.refused]
            self.summary.refused_before = len(before) - len(new)
        self.paths = {job.file: str(job.path.resolve()) for job in new}
        return new

    def add(self, result: FileResult) -> None:
        """Take in a result; commit if it is time."""
        if result.entry is not None:
            video = str(result.entry.row["video"])
            if video in self.videos:
                reason = f"the same content as {video}, which is in the store"
                result = FileResult(file=result.file, reason=reason)
            self.videos.add(video)
        self.waiting.append(result)
        if len(self.waiting) >= _BATCH or time.monotonic() - self.since > _BATCH_S:
            self.commit()
        self.on_file(result, len(self.paths))

    def commit(self) -> None:
        """Make what waits visible: frames, labels, rejects, and the private list."""
        batch, self.waiting = self.waiting, []
        rejects = [
            Reject(file=result.file, reason=result.reason)
            for result in batch
            if result.reason is not None
        ]
        rows = [(r.file, self.paths[r.file], r.reason or "taken") for r in batch]
        add_to_linkage(self.summary.linkage, rows)
        self.store.commit(
            [result.entry for result in batch if result.entry is not None],
            [reject for reject in rejects if reject.file not in self.refused],
            [label for result in batch for label in result.labels],
        )
        self.summary.rejects += rejects
        self.summary.taken += len(batch) - len(rejects)
        for result in batch:
            for name in COUNTS:
                self.summary.counts[name] += int(result.facts.get(name, 0))
        self.since = time.monotonic()
