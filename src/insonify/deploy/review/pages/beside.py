"""Beside the player: key frames, and frames of other scans that are like this one."""

import asyncio
from typing import Any, Final

from markupsafe import Markup
from nicegui import ui

from insonify.deploy.review.pages import widgets
from insonify.deploy.review.pages.arrangement import Scan
from insonify.deploy.review.pages.shell import Shell
from insonify.deploy.review.pages.words import (
    chip,
    class_style,
    clock,
    picture_address,
    scan_address,
)
from insonify.deploy.review.refusals import Refusal

_REST_S: Final = 0.2
"""So long a frame must stay before others like it are looked for."""
_FIRST: Final = 5
"""Best frames that are shown without being asked for."""


class Beside:
    """The panel at the right."""

    def __init__(self, shell: Shell, scan: Scan) -> None:
        self.shell, self.video = shell, scan["video"]
        self._wanted: int | None = None
        with ui.element("aside").classes("beside"):
            self._keys = widgets.html(Markup(""), "section")
            self._like = widgets.html(_like("", _WAITING), "section")

    async def look_again(self) -> None:
        """Show the best frames as the head sees them now."""
        planes = await asyncio.to_thread(self.shell.desk.planes, self.video)
        if not self._keys.is_deleted:
            self._keys.set_content(key_frames(self.video, planes))

    async def look_at(self, frame: int) -> None:
        """Show what is like a frame, once it has been looked at for a moment."""
        if frame == self._wanted:
            return
        self._wanted = frame
        await asyncio.sleep(_REST_S)
        if frame != self._wanted:
            return
        try:
            hits = await asyncio.to_thread(self.shell.desk.similar, self.video, frame)
        except Refusal as refusal:
            hits, why = [], str(refusal)
        else:
            why = "Nothing in other scans is like this frame."
        if frame == self._wanted and not self._like.is_deleted:
            self._like.set_content(similar(frame, hits, self._classes, why))

    @property
    def _classes(self) -> list[str]:
        classes: list[str] = self.shell.state["classes"]
        return classes


def key_frames(video: str, planes: dict[str, Any]) -> Markup:
    """The best frame of every class that has one."""
    best: dict[str, int] = planes["best"]
    if not best:
        why = planes["why"] or "No frame stands out as one of the classes."
        return _KEYS.format(_said(why))
    order = sorted(best, key=lambda label: -(_share(planes, label, best[label]) or 0))
    rows = [_key_frame(video, planes, label, best[label]) for label in order]
    first, rest = Markup("").join(rows[:_FIRST]), Markup("").join(rows[_FIRST:])
    more = _MORE.format(len(rows) - _FIRST, rest) if rest else ""
    return _KEYS.format(
        Markup('<div class="key-frames">{}</div>{}').format(first, more)
    )


def _key_frame(video: str, planes: dict[str, Any], label: str, frame: int) -> Markup:
    share = _share(planes, label, frame)
    return _KEY.format(
        frame=frame,
        picture=picture_address("thumbnail", video, frame),
        style=class_style(label, planes["classes"]),
        label=label,
        share="" if share is None else f"{100 * share:.0f} %",
    )


_KEYS: Final = Markup("<h2>Best frames <span>of each class</span></h2>{}")
_MORE: Final = Markup(
    "<details><summary>{} less likely</summary>"
    '<div class="key-frames">{}</div></details>'
)
_KEY: Final = Markup(
    '<button type="button" class="key-frame" data-seek="{frame}" '
    'title="Go to frame {frame}"><img src="{picture}" alt="" loading="lazy">'
    '<b style="{style}"><i class="dot"></i><span>{label}</span></b>'
    '<span class="quiet numbers">{share}</span></button>'
)


def _share(planes: dict[str, Any], label: str, frame: int) -> float | None:
    rows = planes["probabilities"]
    if rows is None:
        return None
    share: float = rows[planes["classes"].index(label)][frame]
    return share


def similar(
    frame: int, hits: list[dict[str, Any]], classes: list[str], why: str
) -> Markup:
    """Frames of other scans, best first; ``why`` is said where there are none."""
    if not hits:
        return _like("", _said(why))
    cards = Markup("").join(
        _HIT.format(
            address=scan_address(hit["video"], hit["frame"]),
            picture=picture_address("thumbnail", hit["video"], hit["frame"]),
            subject=hit["subject"],
            similarity=f"{hit['similarity']:.2f}",
            time=clock(hit["time_s"], 1),
            labels=_labels(hit["labels"], classes),
        )
        for hit in hits
    )
    return _like(
        f"to frame {frame}", Markup('<div class="hits">{}</div>').format(cards)
    )


def _said(why: str) -> Markup:
    sentence = f"{why[:1].upper()}{why[1:]}"
    return Markup('<p class="quiet small">{}</p>').format(sentence)


def _labels(labels: list[str], classes: list[str]) -> Markup:
    if not labels:
        return Markup('<span class="quiet">no label</span>')
    return Markup(" ").join(chip(label, classes) for label in labels)


def _like(of: str, inside: Markup) -> Markup:
    return Markup("<h2>Similar frames <span>{}</span></h2>{}").format(of, inside)


_WAITING: Final = Markup('<p class="quiet small">Looking …</p>')
_HIT: Final = Markup(
    '<a class="hit" href="{address}" title="Open this scan at this frame">'
    '<span class="scan-picture"><img src="{picture}" alt="" loading="lazy">'
    '<span class="scan-length numbers">{time}</span></span><span class="hit-words">'
    '<span class="row-of"><b>{subject}</b>'
    '<span class="numbers" title="Cosine similarity">{similarity}</span></span>'
    "<span>{labels}</span></span></a>"
)
