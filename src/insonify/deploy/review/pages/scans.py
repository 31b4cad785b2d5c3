"""All scans: what there is, how far each is labelled, where to go on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from markupsafe import Markup
from nicegui import ui

from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.arrangement import (
    ORDERS,
    Arrangement,
    Scan,
    last_page,
    query_of,
)
from insonify.deploy.review.pages.cards import card, headline
from insonify.deploy.review.pages.shell import Shell


class ScansPage:
    """The page ``/``."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.scans: Sequence[Scan] = shell.desk.scans()
        shell.arrangement = Arrangement.read(query_of(shell.address))
        if not self.scans:
            _no_scans()
            return
        with ui.element("main").classes("scans-page"):
            self._headline = widgets.html(Markup("")).classes("scans-head")
            with ui.element("div").classes("scans-tools") as self._toolbar:
                self._tools()
            self._list = widgets.html(Markup(""))
            self._turning = ui.element("nav").classes("pages-turn numbers")
        self._draw()

    def changed(self, *, learnt: bool) -> None:
        """Labels, classes or the store changed, perhaps what is learnt."""
        del learnt
        before, self.scans = self.scans, self.shell.desk.scans()
        if bool(before) != bool(self.scans):
            ui.navigate.reload()
        elif self.scans:
            self._draw()

    def moved(self, address: str) -> None:
        """Somebody went to the list as it was arranged before, or anew."""
        wanted = Arrangement.read(query_of(address))
        if address.partition("?")[0] != "/" or wanted == self.shell.arrangement:
            return
        self.shell.arrangement = wanted
        self._toolbar.clear()
        with self._toolbar:
            self._tools()
        self._draw()

    def visitor_changed(self) -> None:
        """Nothing on this page depends on who looks."""

    def _tools(self) -> None:
        wanted = self.shell.arrangement
        widgets.text_field(
            "Find a scan, subject or label",
            wanted.text,
            lambda event: self._want(text=event.args),
            kind="search",
            each_key=True,
        )
        subjects = sorted({scan["subject"] for scan in self.scans})
        widgets.choice(
            "Subject",
            {"": "All subjects"} | {subject: subject for subject in subjects},
            wanted.subject,
            lambda event: self._want(subject=event.args),
        )
        widgets.choice(
            "Order",
            {key: word for key, (word, _) in ORDERS.items()},
            wanted.sort,
            lambda event: self._want(sort=event.args),
        )
        widgets.tick(
            "Without labels only",
            wanted.unlabelled,
            lambda event: self._want(unlabelled=bool(event.args)),
        )
        ui.element("span").classes("grow")
        widgets.link("What next →", "/queue", title="Label the most useful frames")

    def _want(self, **changes: Any) -> None:
        self.shell.arrangement = replace(self.shell.arrangement, page=1, **changes)
        self._draw()
        widgets.call("address", self.shell.arrangement.query())

    def _turn(self, page: int) -> None:
        self.shell.arrangement = replace(self.shell.arrangement, page=page)
        self._draw()
        widgets.call("address", self.shell.arrangement.query())
        ui.run_javascript("window.scrollTo(0, 0)")

    def _draw(self) -> None:
        chosen = self.shell.arrangement.chosen(self.scans)
        self.shell.arrangement, shown = self.shell.arrangement.shown(chosen)
        self.shell.playlist = tuple(scan["video"] for scan in chosen)
        classes = self.shell.state["classes"]
        self._headline.set_content(headline(self.scans, chosen))
        if shown:
            cards = Markup("").join(card(scan, classes) for scan in shown)
            self._list.set_content(
                Markup('<div class="scan-list">{}</div>').format(cards)
            )
        else:
            self._list.set_content(_NOTHING_FOUND)
        self._draw_turning(len(chosen))

    def _draw_turning(self, chosen: int) -> None:
        self._turning.clear()
        last = last_page(chosen)
        page = self.shell.arrangement.page
        if last == 1:
            return
        with self._turning:
            back = widgets.button("← Back", lambda: self._turn(page - 1))
            widgets.html(Markup("Page {} of {}").format(page, last), "span")
            on = widgets.button("Next →", lambda: self._turn(page + 1))
        back.props["disabled"], on.props["disabled"] = page == 1, page == last


_NOTHING_FOUND: Final = Markup(
    '<div class="empty"><h2>No scan is like that</h2>'
    "<p>Take words out of the search, or choose all subjects.</p></div>"
)


def _no_scans() -> None:
    widgets.empty(
        "There are no scans in this store yet",
        "Bring in a folder of DICOM files or videos; they appear here as they come:",
        widgets.command("insonify ingest FOLDER STORE"),
    )
