"""Plain inputs, buttons and messages, styled by ``assets/pages.css``.

Native elements, not Quasar's: sixty cards and a dozen fields are there at once, they
behave as every browser's do, and need no second theme.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from markupsafe import Markup
from nicegui import ui
from nicegui.element import Element

Kind = Literal["plain", "good", "bad"]
_VALUE: Final = "(event) => emit(event.target.value)"
_SENT: Final = """(event) => {
  const [field] = event.target.elements;
  emit(field.value);
  field.value = "";
}"""
_OPTION: Final = Markup('<option value="{}"{}>{}</option>')
_CHOSEN: Final = Markup(" selected")
_CHECKED: Final = "(event) => emit(event.target.checked)"
PRESSED: Final = "() => emit()"
"""Sends that something was pressed, and nothing of where and how."""


def html(markup: Markup, tag: str = "div") -> ui.html:
    """Markup of ours: what it holds of others was escaped when it was formatted."""
    return ui.html(markup, sanitize=False, tag=tag)


def text_field(
    label: str,
    value: str,
    on_change: Callable[[Any], object],
    *,
    kind: str = "text",
    each_key: bool = False,
) -> Element:
    """One line of text; ``on_change`` gets an event whose ``args`` are the text."""
    field = ui.element("input").classes("field")
    field.props.update(
        {"type": kind, "placeholder": label, "aria-label": label, "maxlength": 200}
        # As a default: Vue sets a value anew at every change of the page, which would
        # throw away what is just being typed.
        | {"defaultValue": value, "autocomplete": "off", "spellcheck": "false"}
    )
    if each_key:
        field.on("input", on_change, js_handler=_VALUE, throttle=0.12)
    else:
        field.on("change", on_change, js_handler=_VALUE)
    return field


def form(label: str, word: str, on_send: Callable[[Any], object]) -> Element:
    """One line of text that is sent by a button or Enter, and is empty again then."""
    with ui.element("form") as made:
        field = ui.element("input").classes("field")
        field.props.update({"placeholder": label, "aria-label": label})
        field.props.update({"maxlength": 40, "autocomplete": "off"})
        html(Markup("{}").format(word), "button").classes("button")
    return made.on("submit.prevent", on_send, js_handler=_SENT)


def choice(
    label: str,
    options: Mapping[str, str],
    value: str,
    on_change: Callable[[Any], object],
) -> Element:
    """A list of which one is chosen; ``on_change`` gets an event with its key."""
    entries = Markup("").join(
        _OPTION.format(key, _CHOSEN if key == value else "", word)
        for key, word in options.items()
    )
    field = html(entries, "select").classes("field")
    field.props["aria-label"] = label
    return field.on("change", on_change, js_handler=_VALUE)


def tick(label: str, value: bool, on_change: Callable[[Any], object]) -> Element:
    """A box that is ticked or not."""
    with ui.element("label").classes("check") as whole:
        box = ui.element("input")
        box.props.update({"type": "checkbox", "defaultChecked": value})
        box.on("change", on_change, js_handler=_CHECKED)
        html(Markup("{}").format(label), "span")
    return whole


def button(
    words: Markup | str, on_click: Callable[[], object], *, title: str = ""
) -> Element:
    """A button; ``title`` is shown when the mouse rests on it."""
    made = html(Markup("{}").format(words), "button").classes("button")
    made.props.update({"type": "button", "title": title})
    return made.on("click", on_click, js_handler=PRESSED)


def shortcuts(page: Element, keys: str, on_key: Callable[[str], object]) -> None:
    """Let a page hear of some keys, as ``assets/pages.js`` calls them."""
    page.props["data-keys"] = keys
    page.on(
        "shortcut",
        lambda event: on_key(event.args),
        js_handler="(event) => emit(event.detail)",
    )


def link(words: Markup | str, address: str, *, title: str = "") -> Element:
    """A link that looks like a button."""
    made = html(Markup("{}").format(words), "a").classes("button")
    made.props.update({"href": address, "title": title})
    return made


def toast(words: str, kind: Kind = "plain") -> None:
    """Say something in the corner; what is bad stays until it is closed."""
    call("toast", words, kind)


def call(name: str, *values: object) -> None:
    """Call a function of ``assets/pages.js``."""
    given = ", ".join(json.dumps(value) for value in values)
    ui.run_javascript(f"window.insonify?.{name}({given})")


def empty(title: str, *lines: Markup | str) -> None:
    """Nothing to show here: why, and what to do about it."""
    paragraphs = Markup("").join(
        line if isinstance(line, Markup) else Markup("<p>{}</p>").format(line)
        for line in lines
    )
    html(Markup("<h2>{}</h2>{}").format(title, paragraphs)).classes("empty")


def command(line: str) -> Markup:
    """A line for the terminal."""
    return Markup("<pre>{}</pre>").format(line)
