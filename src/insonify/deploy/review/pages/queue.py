"""What to label next: one frame at a time, one key each."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from markupsafe import Markup
from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.around import around
from insonify.deploy.review.pages.asking import line, nothing_to_ask, worth
from insonify.deploy.review.pages.guesses import Guesses
from insonify.deploy.review.pages.pen import Pen
from insonify.deploy.review.pages.shell import Shell
from insonify.deploy.review.pages.turns import Entry, Turns
from insonify.deploy.review.pages.words import KEYS, count, picture_address
from insonify.deploy.review.refusals import Refusal

BATCH: Final = 10
"""Labels after which the head is learnt anew."""
_COUNT: Final = 24
_LOW: Final = 5
"""So few left to show, and more are asked for."""
_AHEAD: Final = 3
_OTHER_KEYS: Final = "space arrowright arrowleft backspace ctrl+z l r"


class QueuePage:
    """The page ``/queue``."""

    def __init__(self, shell: Shell) -> None:
        self.shell, self.turns = shell, Turns()
        self._pen = Pen(shell.desk, BATCH)
        self._fetching, self._why, self._examine = False, "", False
        with ui.element("main").classes("queue-page") as self._page:
            with ui.element("div").classes("queue-stage"):
                self._line = widgets.html(Markup("")).classes("queue-line")
                self._glance = ui.element("insonify-glance")
                self._nothing = ui.element("div")
            with ui.element("aside").classes("queue-side"):
                self._guesses = Guesses(self._say, self._add_class)
                self._acts()
                with ui.element("section"):
                    self._curve = widgets.html(Markup(""))
                    widgets.tick(_EXAMINE, False, self._ask_others)
        widgets.shortcuts(self._page, f"{' '.join(KEYS)} {_OTHER_KEYS}", self._key)
        self._draw()
        self._more()

    def changed(self, *, learnt: bool) -> None:
        """Labels, classes or the store changed, perhaps what is learnt."""
        self._draw()
        if learnt or not self.turns.coming:
            self._more()

    def moved(self, address: str) -> None:
        """The address of this page says nothing more."""

    def visitor_changed(self) -> None:
        """The next labels are theirs."""

    # What is asked

    def _more(self) -> None:
        if not self._fetching and not self._page.is_deleted:
            self._fetching = True
            self._begin(self._fetch())

    async def _fetch(self) -> None:
        """Ask what to label next, and what labels have been worth so far."""
        desk = self.shell.desk
        examine = self._examine
        try:
            found = await asyncio.to_thread(desk.queue, _COUNT, held_out=examine)
            points = await asyncio.to_thread(desk.curve)
            self._why = "No frame is left that is worth a label."
        except Refusal as refusal:
            found, points, self._why = [], [], str(refusal)
        finally:
            self._fetching = False
        if examine != self._examine:
            self._more()
            return
        self.turns.offer(found)
        self._draw()
        self._draw_curve(points)

    def _ask_others(self, event: GenericEventArguments) -> None:
        """Ask about subjects that examine, or again about those that teach."""
        self._examine = bool(event.args)
        self.turns.drop()
        self._why = ""
        self._draw()
        self._more()

    # What is done

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        background_tasks.create(work, context=self._page)

    def _key(self, key: str) -> None:
        if key in KEYS:
            label = self._guesses.label_of(key)
            if label is not None:
                self._say(label)
        elif key == "l":
            widgets.call("toggle")
        elif key == "r":
            self._begin(self._learn())
        elif key in ("space", "arrowright"):
            self._skip()
        else:
            self._back()

    def _say(self, label: str) -> None:
        if not self.shell.author:
            widgets.toast("Say first who you are: “Your name”, at the top.", "bad")
            return
        entry = self.turns.say(label)
        if entry is not None:
            self._on()
            self._begin(self._keep(entry, label))

    async def _keep(self, entry: Entry, label: str) -> None:
        await self._pen.label(entry, label, self.shell.author)
        if not self._pen.to_next_fit:
            await self._learn()
        self._draw()

    def _skip(self) -> None:
        self.turns.skip()
        self._on()

    def _on(self) -> None:
        """Show the next one, and see to it that there are more to come."""
        self._draw()
        if len(self.turns.coming) < _LOW:
            self._more()

    def _back(self) -> None:
        label = self.turns.back()
        self._draw()
        entry = self.turns.current
        if label is not None and entry is not None:
            self._begin(self._pen.undo(entry, label, self.shell.author))

    async def _learn(self) -> None:
        if await self._pen.learn():
            self.shell.look()
            self._more()

    def _add_class(self, label: str) -> None:
        try:
            self.shell.desk.add_class(label)
        except Refusal as refusal:
            widgets.toast(str(refusal), "bad")
        self.shell.look()

    # What is shown

    def _acts(self) -> None:
        with ui.element("div").classes("queue-acts"):
            back = Markup("{} <kbd>{}</kbd>")
            widgets.button(back.format("Back, undo", "←"), self._back)
            widgets.button(back.format("Skip", "space"), self._skip)
            play = back.format("Play", "L")
            widgets.button(play, lambda: widgets.call("toggle"))
            learn = widgets.button(
                back.format("Learn now", "R"), lambda: self._begin(self._learn())
            )
            learn.props["title"] = f"Happens by itself after every {BATCH} labels"

    def _draw(self) -> None:
        if self._page.is_deleted:
            return
        entry = self.turns.current
        self._glance.set_visibility(entry is not None)
        self._nothing.clear()
        self._draw_line()
        classes = self.shell.state["classes"]
        self._guesses.draw(classes, entry["guess"] if entry else {})
        if entry is None:
            with self._nothing:
                nothing_to_ask(self._fetching, self._why, self.shell.state)
        else:
            self._draw_frame(entry)

    def _draw_frame(self, entry: Entry) -> None:
        scan = self.shell.desk.scan(entry["video"])
        frames, step_ms = around(scan["times_s"], scan["segments"], entry["frame"])
        self._glance.props.update(
            video=entry["video"],
            frame=entry["frame"],
            frames=" ".join(map(str, frames)),
            interval=round(step_ms),
        )
        next_ones = self.turns.coming[1 : 1 + _AHEAD]
        pictures = (("frame", one["video"], one["frame"]) for one in next_ones)
        widgets.call("preload", [picture_address(*which) for which in pictures])

    def _draw_line(self) -> None:
        given = len(self.turns.labelled)
        left = count(self._pen.to_next_fit, "label")
        progress = f"{count(given, 'label')} given · learns again after {left}"
        self._line.set_content(line(self.turns.current, progress))

    def _draw_curve(self, points: list[dict[str, Any]]) -> None:
        if not self._page.is_deleted:
            self._curve.set_content(worth(points))


_EXAMINE: Final = "Ask about held-out subjects"
