"""Whose recording a file is, and what is known of it.

A file without a subject is refused: a subject that is split over training and test
makes every later figure wrong.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.recording import Identity
from insonify.ingest.table import Row, read_table

SubjectsFrom = Literal["dicom", "folder", "file"]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a file; ids are still plain."""

    subject: str
    exam: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Label of the whole video, by task."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """Technical facts that the file does not hold itself."""


class Source(Protocol):
    """Says whose a file is."""

    def known(self, relative: Path, identity: Identity | None) -> Known:
        """What is known of a file.

        Raises:
            IngestError: nothing is known of it.
        """

    def only(self, relative: Path) -> "Source":
        """The part of this that one file needs, to be sent to another process."""


@dataclass(frozen=True)
class FromTable:
    """A CSV with columns ``path`` and ``subject``, and more if told."""

    rows: Mapping[str, Known]
    parts: Mapping[str, str] = field(default_factory=dict)
    """Part of a given split, by subject."""

    @classmethod
    def read(cls, path: Path, labels: tuple[str, ...], part: str | None) -> "FromTable":
        """Read the table.

        Args:
            path: The CSV; ``path`` is relative to the folder that is ingested.
            labels: Columns that hold labels, each a task of its own.
            part: Column that holds the part of a split.

        Raises:
            ConfigError: it is missing, lacks a column, or contradicts itself.
        """
        wanted = ("path", "subject", *labels, *([part] if part else []))
        rows = [row for row in read_table(path, wanted) if row["subject"]]
        known = {
            row["path"]: Known(
                subject=row["subject"],
                exam=row.get("exam") or None,
                labels={name: row[name] for name in labels if row[name]},
            )
            for row in rows
        }
        if len(known) < len(rows):
            raise ConfigError(f"{path}: a path stands in two rows; keep one")
        return cls(known, _parts(path, rows, part) if part else {})

    def known(self, relative: Path, identity: Identity | None) -> Known:
        known = self.rows.get(relative.as_posix())
        if known is None:
            raise IngestError(
                "the file has no row with a subject in the table of subjects; add one"
            )
        return replace(known, exam=known.exam or _exam(identity))

    def only(self, relative: Path) -> "FromTable":
        name = relative.as_posix()
        return FromTable({name: self.rows[name]} if name in self.rows else {})


@dataclass(frozen=True)
class FromPattern:
    """A regular expression over the path with named groups."""

    pattern: re.Pattern[str]
    labels: tuple[str, ...] = ()

    @classmethod
    def compile(cls, text: str, labels: tuple[str, ...]) -> "FromPattern":
        """Compile the pattern.

        Raises:
            ConfigError: it is no regular expression, or lacks a group.
        """
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise ConfigError(f"--pattern {text!r}: {error}") from None
        for name in ("subject", *labels):
            if name not in pattern.groupindex:
                raise ConfigError(
                    f"--pattern {text!r}: no group (?P<{name}>…); add one"
                )
        return cls(pattern, labels)

    def known(self, relative: Path, identity: Identity | None) -> Known:
        found = self.pattern.search(relative.as_posix())
        if found is None or not found["subject"]:
            raise IngestError("the path does not match the pattern of subjects")
        groups = found.groupdict()
        return Known(
            subject=groups["subject"],
            exam=groups.get("exam") or _exam(identity),
            labels={name: groups[name] for name in self.labels if groups[name]},
        )

    def only(self, relative: Path) -> "FromPattern":  # noqa: ARG002
        return self


@dataclass(frozen=True)
class FromElsewhere:
    """The DICOM header, the folder a file is in, or the file itself."""

    where: SubjectsFrom

    def known(self, relative: Path, identity: Identity | None) -> Known:
        exam = _exam(identity)
        if self.where == "folder":
            return Known(subject=f"folder {relative.parent.as_posix()}", exam=exam)
        if self.where == "file":
            return Known(subject=f"file {relative.as_posix()}", exam=exam)
        if identity is None:
            raise IngestError(
                "the file does not say whose it is; name a table with --subjects, a "
                "--pattern over the path, or --subjects-from folder or file"
            )
        return Known(subject=identity.subject, exam=exam)

    def only(self, relative: Path) -> "FromElsewhere":  # noqa: ARG002
        return self


def _parts(path: Path, rows: Sequence[Row], column: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for row in rows:
        part = row[column]
        if part and parts.setdefault(row["subject"], part) != part:
            raise ConfigError(
                f"{path}: a subject is in {part!r} and {parts[row['subject']]!r} of "
                f"{column!r}; a subject belongs to one part"
            )
    return parts


def _exam(identity: Identity | None) -> str | None:
    return identity.exam or None if identity else None
