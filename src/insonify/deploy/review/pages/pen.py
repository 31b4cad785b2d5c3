"""Writes what is said in the queue, in the order in which it was said."""

import asyncio
from collections.abc import Callable
from typing import Any

from insonify.core.errors import InsonifyError
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.turns import Entry
from insonify.deploy.review.pages.words import count


class Pen:
    """Labels, undoes and learns; says in the corner what went wrong or is ready."""

    def __init__(self, desk: Desk, batch: int) -> None:
        """Make a pen.

        Args:
            desk: What writes.
            batch: Labels after which the head is learnt anew.
        """
        self._desk, self._batch = desk, batch
        self._turn = asyncio.Lock()
        self._since_fit = 0

    @property
    def to_next_fit(self) -> int:
        """Labels that are still to be given before the head is learnt anew."""
        return max(0, self._batch - self._since_fit)

    async def label(self, entry: Entry, label: str, author: str) -> None:
        """Label one frame."""
        time = entry["time_s"]
        said = (entry["video"], label, time, time, author)
        if await self._told(f"“{label}” was not kept", self._desk.label, *said):
            self._since_fit += 1

    async def undo(self, entry: Entry, label: str, author: str) -> None:
        """Take the author's last label of that scan back."""
        failure = f"“{label}” could not be taken back"
        if await self._told(failure, self._desk.undo, entry["video"], author):
            self._since_fit -= 1
            widgets.toast(f"“{label}” was taken back.")

    async def learn(self) -> bool:
        """Learn the head anew; whether that went well."""
        self._since_fit = 0
        told = await self._told("Nothing was learnt", self._desk.refit)
        if told is None:
            return False
        f1 = told["macro_f1"]
        worth = "" if f1 is None else f": macro F1 {f1:.2f} on held-out subjects"
        frames = count(told["labels"], "labelled frame")
        widgets.toast(f"Learnt from {frames} in {told['seconds']:.1f} s{worth}", "good")
        return True

    async def _told(
        self, failure: str, work: Callable[..., Any], *asked: object
    ) -> Any | None:
        """What the desk answers, one question after the other; None if it refuses."""
        async with self._turn:
            try:
                return await asyncio.to_thread(work, *asked)
            except InsonifyError as error:
                widgets.toast(f"{failure}: {error}", "bad")
                return None
