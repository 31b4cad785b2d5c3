"""The frame around every page: who labels, how far the head is, dark or light."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from fastapi import Request
from markupsafe import Markup
from nicegui import ui

from insonify.deploy.review.desk import Desk
from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.arrangement import Arrangement
from insonify.deploy.review.pages.visitor import AUTHOR, LIGHT, Visitor, author_of
from insonify.deploy.review.pages.words import count

_LOOK_S: Final = 2.0
_PLACES: Final = (("Scans", "/"), ("What next", "/queue"))
_HALF: Final = Markup(
    '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9" '
    'fill="none" stroke="currentColor" stroke-width="2"/>'
    '<path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor"/></svg>'
)
_WAVES: Final = Markup(
    '<svg viewBox="0 0 24 24" role="img" aria-label="Connection to the server" '
    'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">'
    '<path d="M3 9a13 13 0 0 1 18 0M6 13a8.5 8.5 0 0 1 12 0M9 16.5a4 4 0 0 1 6 0"/>'
    '<circle cx="12" cy="20" r="1" fill="currentColor"/></svg>'
)


class View(Protocol):
    """One page within the frame."""

    def changed(self, *, learnt: bool) -> None:
        """Labels, classes or the store changed; ``learnt``: so did what is learnt."""

    def moved(self, address: str) -> None:
        """The address changed, but the page stays: another frame, say."""

    def visitor_changed(self) -> None:
        """Somebody else labels now, or in another light."""


class Shell:
    """What all pages of one browser window share."""

    def __init__(self, desk: Desk, request: Request) -> None:
        self.desk = desk
        self.state = desk.state()
        visitor = Visitor.read(request.cookies, self.state["author_hint"])
        self.author = visitor.author
        self.arrangement = Arrangement()
        """Of the list, as it was looked at last."""
        self.playlist: Sequence[str] = ()
        """Videos of that list: what is the next scan and what the one before."""
        self.view: View | None = None
        self._dark = ui.dark_mode(not visitor.light)
        self._bar()
        ui.timer(_LOOK_S, self.look)
        ui.context.client.sub_pages_router.on_path_changed(self._moved)

    @property
    def address(self) -> str:
        """Path and query of what is shown."""
        return ui.context.client.sub_pages_router.current_path

    @property
    def theme(self) -> str:
        """``dark`` or ``light``."""
        return "dark" if self._dark.value else "light"

    def show(self, view: View, title: str) -> None:
        """A page has been built."""
        self.view = view
        ui.page_title(f"{title} · insonify")

    def look(self) -> None:
        """Ask what is new, and tell the page."""
        state = self.desk.state()
        if state == self.state:
            return
        before, self.state = self.state, state
        self._head_words()
        if before["heads"] == "learning" and state["heads"] == "ready":
            widgets.toast("What can be learnt from the labels is learnt.", "good")
        if self.view is not None:
            self.view.changed(
                learnt=any(before[what] != state[what] for what in ("version", "heads"))
            )

    def _moved(self, address: str) -> None:
        self._mark(address)
        if self.view is not None:
            self.view.moved(address)

    def _bar(self) -> None:
        with ui.header(fixed=True, wrap=False).classes("app-bar"):
            ui.link("insonify", "/").classes("app-name")
            with ui.element("nav").classes("app-links"):
                self._links = [(ui.link(word, to), to) for word, to in _PLACES]
            ui.element("div").classes("app-room")
            self._head = widgets.html(Markup(""))
            self._head.classes("app-head numbers")
            self._author_field()
            self._light_switch()
            self._connection()
        self._head_words()
        self._mark(self.address)

    def _author_field(self) -> None:
        with ui.element("div").classes("app-author"):
            widgets.html(Markup("Labels by"), "label")
            widgets.text_field("Your name", self.author, self._name)

    def _light_switch(self) -> None:
        switch = widgets.button(_HALF, self._turn, title="Dark or light")
        switch.classes("icon-button", remove="button")
        switch.props["aria-label"] = "Dark or light"

    def _connection(self) -> None:
        """Red by ``pages.css`` while the server cannot be reached."""
        sign = widgets.html(_WAVES, "span").classes("connection")
        sign.props["title"] = "Connection to the server: red while it is lost"

    def _mark(self, address: str) -> None:
        path = address.partition("?")[0]
        for entry, place in self._links:
            if path == place:
                entry.props["aria-current"] = "page"
            else:
                entry.props.pop("aria-current", None)

    def _name(self, event: Any) -> None:
        self.author = author_of(event.args)
        widgets.call("keep", AUTHOR, self.author)
        self._tell_visitor()

    def _turn(self) -> None:
        self._dark.toggle()
        widgets.call("keep", LIGHT, "" if self._dark.value else "1")
        self._tell_visitor()

    def _tell_visitor(self) -> None:
        if self.view is not None:
            self.view.visitor_changed()

    def _head_words(self) -> None:
        self._head.props["data-heads"] = (
            "learning" if self.state["refitting"] else self.state["heads"]
        )
        words = Markup('<i class="dot"></i><span>{}</span>').format(head(self.state))
        self._head.set_content(words)


def head(state: dict[str, Any]) -> str:
    """What is learnt so far, in a few words."""
    if state["refitting"]:
        return "Learning …"
    labels = count(state["labels"], "label")
    if state["checkpoint"] is None:
        return f"{labels} · no checkpoint"
    if state["heads"] == "learning":
        return f"{labels} · learning …"
    if state["heads"] == "none":
        return f"{labels} · nothing learnt yet"
    return f"{labels} · {count(len(state['classes']), 'class', 'classes')} learnt"
