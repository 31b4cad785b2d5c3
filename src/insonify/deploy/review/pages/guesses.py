"""The classes as buttons, each with its key and how likely the head thinks it is."""

from collections.abc import Callable
from typing import Any, Final

from markupsafe import Markup
from nicegui import ui

from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.words import KEYS, class_style

_GUESS: Final = Markup(
    '<span class="guess-bar" style="width: {width:.1f}%"></span><kbd>{key}</kbd>'
    '<i class="dot"></i><span class="guess-name">{label}</span>'
    '<span class="quiet numbers">{share}</span>'
)


class Guesses:
    """Buttons that label, and a field that adds one."""

    def __init__(
        self, on_label: Callable[[str], object], on_add: Callable[[str], object]
    ) -> None:
        self._on_label, self._on_add = on_label, on_add
        self._rows: dict[str, ui.html] = {}
        self._classes: list[str] = []
        with ui.element("section"):
            title = Markup("<h2>What is it? <span>{}</span></h2>")
            widgets.html(title.format("a key labels and goes on"))
            self._hint = widgets.html(_NO_CLASSES).classes("quiet small")
            self._room = ui.element("div").classes("guesses")
            widgets.form("New class", "Add", self._add).classes("add-class")

    def label_of(self, key: str) -> str | None:
        """The class of one of ``KEYS``."""
        place = KEYS.index(key)
        return self._classes[place] if place < len(self._classes) else None

    def draw(self, classes: list[str], guess: dict[str, float]) -> None:
        """Show these classes, in their fixed order, and how likely each is."""
        if classes != self._classes:
            self._make(classes)
        for number, label in enumerate(classes):
            share = guess.get(label)
            self._rows[label].set_content(
                _GUESS.format(
                    width=100 * (share or 0),
                    key=KEYS[number].upper() if number < len(KEYS) else "·",
                    label=label,
                    share="" if share is None else f"{100 * share:.0f} %",
                )
            )

    def _make(self, classes: list[str]) -> None:
        self._classes = list(classes)
        self._room.clear()
        self._hint.set_visibility(not classes)
        with self._room:
            self._rows = {label: self._row(label) for label in classes}

    def _row(self, label: str) -> ui.html:
        row = widgets.html(Markup(""), "button").classes("guess")
        row.props["type"] = "button"
        row.props["style"] = class_style(label, self._classes)
        row.on("click", lambda: self._on_label(label), js_handler=widgets.PRESSED)
        return row

    def _add(self, event: Any) -> None:
        if name := " ".join(str(event.args).split()):
            self._on_add(name)


_NO_CLASSES: Final = Markup(
    "<p>No classes yet. Type the names of what you want to tell apart, one after the "
    "other: <i>head</i>, <i>abdomen</i>, <i>femur</i> …</p>"
)
