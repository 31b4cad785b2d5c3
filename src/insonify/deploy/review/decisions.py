"""What reviewers decide, checked and written; and how they take it back.

Undo and redo are read off the log, so they outlast the app: an author's last decision
that stands can be taken back, and so can the last undo, as long as its author decided
nothing after it.
"""

import math
from typing import Final

from insonify.core.errors import ConfigError
from insonify.deploy.review.archive import Archive
from insonify.deploy.review.book import Book, Log
from insonify.deploy.review.catalogue import Entry
from insonify.deploy.review.refusals import Refusal
from insonify.store import Review
from insonify.store.reviews import check_name

_HALF_S: Final = 0.0005
"""Half of the last decimal with which times go to the browser, and come back."""


class Decisions:
    """Adds to the log."""

    def __init__(self, archive: Archive, book: Book) -> None:
        self._archive, self._book = archive, book

    def label(
        self,
        entry: Entry,
        label: str | None,
        interval: tuple[float | None, float | None],
        author: str,
    ) -> None:
        """Label the frames of an interval, or clear them.

        Args:
            entry: The video.
            label: The class; None to clear.
            interval: First and last second, with three decimals; None: to the end.
            author: Who says so.

        Raises:
            Refusal: no frame is in the interval, or a name is not one.
        """
        start_s, end_s = interval
        inside = entry.within(
            None if start_s is None else _finite(start_s) - _HALF_S,
            None if end_s is None else _finite(end_s) + _HALF_S,
        )
        backwards = start_s is not None and end_s is not None and start_s > end_s
        if not len(inside) or backwards:
            raise Refusal(
                "no frame lies between these two times; give seconds of this video, "
                "the first not after the second"
            )
        first, last = entry.times_s_T[inside[[0, -1]]].tolist()
        self._write(entry, author, label=label, start_s=first, end_s=last)

    def undo(self, entry: Entry, author: str) -> None:
        """Take back the author's last decision that stands.

        Raises:
            Refusal: there is none.
        """
        with self._archive.lock:
            event = last_decision(self._book.log(entry), author)
            if event is None:
                raise Refusal("you have nothing to undo in this video")
            self._write(entry, author, undoes=event)

    def redo(self, entry: Entry, author: str) -> None:
        """Take back the author's last undo.

        Raises:
            Refusal: there is none, or its author has decided something since.
        """
        with self._archive.lock:
            event = last_undo(self._book.log(entry), author)
            if event is None:
                raise Refusal("you have nothing to redo in this video")
            self._write(entry, author, undoes=event)

    def _write(
        self,
        entry: Entry,
        author: str,
        *,
        label: str | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        undoes: str | None = None,
    ) -> None:
        with self._archive.lock:
            review = Review.new(
                video=entry.video,
                task=self._book.task,
                label=label,
                start_s=start_s,
                end_s=end_s,
                author=checked_name("author", author),
                undoes=undoes,
                after=self._book.log(entry).latest_ms,
            )
            self._archive.write([review])


def last_decision(log: Log, author: str) -> str | None:
    """The event of the author's last decision that stands."""
    for row in reversed(log.rows):
        decides = row["author"] == author and row["undoes"] is None
        if decides and row["event"] not in log.gone:
            return str(row["event"])
    return None


def last_undo(log: Log, author: str) -> str | None:
    """The event of the author's last undo of a decision, if it can be taken back."""
    decisions = {row["event"] for row in log.rows if row["undoes"] is None}
    for row in reversed(log.rows):
        if row["author"] != author:
            continue
        if row["undoes"] is None:
            return None
        if row["undoes"] in decisions and row["event"] not in log.gone:
            return str(row["event"])
    return None


def checked_name(what: str, name: str) -> str:
    """A name that somebody gave.

    Raises:
        Refusal: it is none.
    """
    try:
        check_name(what, name)
    except ConfigError as error:
        raise Refusal(str(error)) from None
    return name


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise Refusal("times are numbers of seconds")
    return seconds
