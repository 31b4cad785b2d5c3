"""One scan: the player, and beside it what is like the frame that it shows."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.arrangement import Scan, query_of
from insonify.deploy.review.pages.beside import Beside
from insonify.deploy.review.pages.shell import Shell
from insonify.deploy.review.pages.words import count, scan_address, span

_PANEL: Final = Markup(
    '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" '
    'stroke="currentColor" stroke-width="2"><rect x="3" y="4" width="18" height="16" '
    'rx="2"/><path d="M15 4v16"/></svg>'
)


class ScanPage:
    """The page ``/scan/{video}``."""

    def __init__(self, shell: Shell, scan: Scan) -> None:
        self.shell, self.scan = shell, scan
        self.video: str = scan["video"]
        self._before, self._after = neighbours(
            self.video, shell.playlist or [each["video"] for each in shell.desk.scans()]
        )
        frame = frame_of(shell.address) or 0
        with ui.element("main").classes("scan-page") as self._page:
            with ui.element("div").classes("scan-stage"):
                with ui.element("div").classes("scan-line"):
                    self._line()
                self._player = self._make_player(frame)
            self._beside = Beside(shell, scan)
        widgets.shortcuts(self._page, "n p b", self._key)
        self._look_again()

    def changed(self, *, learnt: bool) -> None:
        """Labels, classes or the store changed, perhaps what is learnt."""
        widgets.call("reload", ["labels", "scan", *(["planes"] if learnt else [])])
        if learnt:
            self._look_again()

    def moved(self, address: str) -> None:
        """Another frame of this scan, by the back button or from what is similar."""
        frame = frame_of(address)
        if frame is not None and address.startswith(scan_address(self.video)):
            widgets.call("seek", frame)

    def visitor_changed(self) -> None:
        """Somebody else labels now, or in another light."""
        self._player.props.update(author=self.shell.author, theme=self.shell.theme)

    def _make_player(self, frame: int) -> ui.element:
        player = ui.element("insonify-player")
        player.props.update({"video": self.video, "base": "/api", "frame": frame})
        player.props.update(author=self.shell.author, theme=self.shell.theme)
        player.on("frame", self._frame, args=["detail"])
        player.on("similar", self._similar, args=["detail"])
        player.on("labelled", self.shell.look, args=[])
        return player

    def _look_again(self) -> None:
        background_tasks.create(self._beside.look_again(), context=self._page)

    async def _frame(self, event: GenericEventArguments) -> None:
        detail = event.args["detail"]
        if detail["video"] == self.video:
            await self._beside.look_at(detail["frame"])

    async def _similar(self, event: GenericEventArguments) -> None:
        self._page.classes(remove="alone")
        await self._beside.look_at(event.args["detail"]["frame"])

    def _line(self) -> None:
        scan = self.scan
        before = widgets.link("←", self._address(self._before), title="Before (P)")
        before.props["aria-label"] = "Previous scan"
        before.props["aria-disabled"] = str(self._before is None).lower()
        after = widgets.link("→", self._address(self._after), title="Next (N)")
        after.props["aria-label"] = "Next scan"
        after.props["aria-disabled"] = str(self._after is None).lower()
        widgets.html(Markup("{}").format(self.video), "h1")
        facts = (
            scan["subject"],
            scan["exam"],
            count(scan["frames"], "frame"),
            span(scan["duration_s"]),
        )
        words = widgets.html(Markup(" · ").join(facts), "span")
        words.classes("quiet small numbers wide")
        ui.element("span").classes("grow")
        save = widgets.link("Export", f"/api/export/{scan_address(self.video)[6:]}")
        save.props["download"] = ""
        save.props["title"] = "Key frames (PNG) and tables (CSV) of this scan, as a zip"
        panel = widgets.button(_PANEL, self._open_or_close)
        panel.props["title"] = panel.props["aria-label"] = "Panel at the side (B)"

    def _open_or_close(self) -> None:
        self._page.classes(toggle="alone")

    def _address(self, video: str | None) -> str:
        return self.shell.arrangement.address if video is None else scan_address(video)

    def _key(self, key: str) -> None:
        if key == "b":
            self._open_or_close()
        elif (video := self._after if key == "n" else self._before) is not None:
            ui.navigate.to(scan_address(video))


class NoScan:
    """What is shown where a video is not in the store."""

    def __init__(self, shell: Shell, video: str) -> None:
        widgets.empty(
            f"There is no scan {video[:60]} in this store",
            "It may have been taken out, or the address is not complete.",
            Markup('<a class="button main" href="/">All scans</a>'),
        )
        self._shell, self._video = shell, video

    def changed(self, *, learnt: bool) -> None:
        """The scan may have come."""
        del learnt
        if any(scan["video"] == self._video for scan in self._shell.desk.scans()):
            ui.navigate.reload()

    def moved(self, address: str) -> None:
        """There is no frame to go to."""

    def visitor_changed(self) -> None:
        """Nothing on this page depends on who looks."""


def frame_of(address: str) -> int | None:
    """The frame that an address asks for.

    >>> frame_of("/scan/v-1?frame=417"), frame_of("/scan/v-1"), frame_of("/?frame=-1")
    (417, None, None)
    """
    said = query_of(address).get("frame", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def neighbours(video: str, playlist: Sequence[str]) -> tuple[str | None, str | None]:
    """The scan before and the scan after.

    >>> neighbours("b", ["a", "b", "c"]), neighbours("a", ["a"])
    (('a', 'c'), (None, None))
    """
    if video not in playlist:
        return None, (playlist[0] if playlist else None)
    place = playlist.index(video)
    after = playlist[place + 1] if place + 1 < len(playlist) else None
    return (playlist[place - 1] if place else None), after
