"""The queue as it is gone through: what is shown, skipped, labelled, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]
"""One entry of ``/api/queue``."""


def key_of(entry: Entry) -> tuple[str, int]:
    """What tells two entries apart."""
    return entry["video"], entry["frame"]


@dataclass
class Turns:
    """One person's way through the queue."""

    coming: list[Entry] = field(default_factory=list)
    """Not shown yet, the next first."""
    gone: list[Entry] = field(default_factory=list)
    """Shown, the last one last."""
    labelled: dict[tuple[str, int], str] = field(default_factory=dict)
    """What was said about those of them that were not skipped."""

    @property
    def current(self) -> Entry | None:
        """What is asked now."""
        return self.coming[0] if self.coming else None

    def offer(self, entries: Sequence[Entry]) -> None:
        """Take in a new queue: what is shown now stays, what was shown is left out."""
        shown = self.coming[:1]
        known = {key_of(entry) for entry in (*shown, *self.gone)}
        fresh = [entry for entry in entries if key_of(entry) not in known]
        self.coming = shown + fresh

    def drop(self) -> None:
        """Let go of what was to come: something else is to be asked."""
        self.coming = []

    def say(self, label: str) -> Entry | None:
        """Label what is asked and go on; what was labelled."""
        entry = self.current
        if entry is not None:
            self.labelled[key_of(entry)] = label
            self.skip()
        return entry

    def skip(self) -> None:
        """Go on without a label."""
        if self.coming:
            self.gone.append(self.coming.pop(0))

    def back(self) -> str | None:
        """Show the last one again; the label that it was given, to be undone."""
        if not self.gone:
            return None
        entry = self.gone.pop()
        self.coming.insert(0, entry)
        return self.labelled.pop(key_of(entry), None)
