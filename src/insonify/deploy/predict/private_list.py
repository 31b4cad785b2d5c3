"""The private list that says which scan is which file; it is kept beside the key."""

import csv
from pathlib import Path

from insonify.ingest.deidentify import add_to_linkage


class PrivateList:
    """Adds a row a file, unless the list says the same already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: set[tuple[str, ...]] = set()
        if path.exists():
            with path.open(
                newline="", encoding="utf-8", errors="surrogateescape"
            ) as file:
                self._known = {tuple(row) for row in csv.reader(file)}

    def add(self, file: str, path: str, outcome: str) -> None:
        """Say what became of a file: the pseudonym of its scan, or the reason."""
        row = (file, path, outcome)
        if row in self._known:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        add_to_linkage(self.path, [row])
        self._known.add(row)
