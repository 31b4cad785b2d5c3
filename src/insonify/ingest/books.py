"""Keeps the books of a batch: what is new, what became of it, and when to commit."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from insonify.ingest.deidentify import add_to_linkage
from insonify.ingest.folder.planning import Planned
from insonify.ingest.handling import FileResult
from insonify.ingest.sign_off import SignOff
from insonify.store import Reject, Store

COUNTS: Final = (
    *("frames_read", "frames", "black", "frozen", "lift_off", "colour", "duplicates"),
    *("replays", "cuts", "overlay_pixels", "split_screen"),
)
"""What is counted over a batch."""
_BATCH: Final = 16
_BATCH_S: Final = 10.0
"""Files and seconds between commits: what a kill can cost in repeated work."""


@dataclass(frozen=True, kw_only=True)
class Retried:
    """A file that was refused before and was tried again."""

    file: str
    before: str
    """The reason that was given then."""
    now: str | None
    """The reason that is given now; None: it was taken."""

    @property
    def changed(self) -> bool:
        return self.now != self.before


@dataclass(kw_only=True)
class Summary:
    """What became of a folder."""

    linkage: Path
    """The private list that says which pseudonym is which file."""
    sign_off: Path | None = None
    """The table of this batch, with sheets of pictures beside it."""
    files: int = 0
    known: int = 0
    """Files that were taken before."""
    refused_before: int = 0
    """Files that were refused before and not tried again."""
    taken: int = 0
    rejects: list[Reject] = field(default_factory=list)
    retried: list[Retried] = field(default_factory=list)
    """Files that were refused before, in the order in which they were tried again."""
    counts: Counter[str] = field(default_factory=Counter)
    """Frames read, kept, and dropped by reason."""

    @property
    def refusals(self) -> int:
        """Files that are refused, now or before."""
        return len(self.rejects) + self.refused_before


class Books:
    """Commits results in batches and keeps count."""

    def __init__(
        self,
        store: Store,
        summary: Summary,
        sign_off: Path,
        on_file: Callable[[FileResult, int], None],
    ) -> None:
        self.store, self.summary, self.on_file = store, summary, on_file
        self.sign_off = SignOff(sign_off)
        self.paths: dict[str, str] = {}
        self.videos = store.known_videos()
        rejects = store.rejects()
        self.refused: dict[str, str] = dict(
            zip(rejects["file"].to_pylist(), rejects["reason"].to_pylist(), strict=True)
        )
        self.waiting: list[FileResult] = []
        self.since = time.monotonic()

    def choose(
        self, planned: Sequence[Planned], base: Path, retry: bool
    ) -> list[Planned]:
        """Those that are new; the others are counted. Paths are within ``base``."""
        taken = self.store.taken_files()
        new = [one for one in planned if one.file not in taken]
        self.summary.files = len(planned)
        self.summary.known = len(planned) - len(new)
        if not retry:
            before, new = new, [one for one in new if one.file not in self.refused]
            self.summary.refused_before = len(before) - len(new)
        folder = base.resolve()
        self.paths = {one.file: f"{folder}/{one.relative}" for one in new}
        return new

    def close(self) -> None:
        """Commit what waits, and write the last sheet."""
        self.commit()
        self.sign_off.close()

    def add(self, result: FileResult) -> None:
        """Take in a result; commit if it is time."""
        videos = [str(entry.row["video"]) for entry in result.entries]
        if known := self.videos & set(videos):
            for entry in result.entries:
                self.store.discard(entry)
            reason = f"the same content as {min(known)}, which is in the store"
            result = FileResult(file=result.file, reason=reason)
        self.videos.update(videos)
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
        self.sign_off.add(batch)
        self.summary.sign_off = self.sign_off.table
        late = self.store.commit(
            [entry for result in batch for entry in result.entries],
            [each for each in rejects if each.reason != self.refused.get(each.file)],
            [label for result in batch for label in result.labels],
        )
        # Another writer was quicker: what it took is known, not taken here.
        known = [r for r in batch if late & {str(e.row["video"]) for e in r.entries}]
        self.summary.rejects += rejects
        self.summary.retried += [
            Retried(file=each.file, before=self.refused[each.file], now=each.reason)
            for each in batch
            if each.file in self.refused
        ]
        self.summary.known += len(known)
        self.summary.taken += len(batch) - len(rejects) - len(known)
        for result in batch:
            for name in COUNTS:
                self.summary.counts[name] += result.counts[name]
        self.since = time.monotonic()
