"""How the queue says what it asks, why it asks nothing, and what labels were worth."""

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from insonify.deploy.review.pages import curve, widgets
from insonify.deploy.review.pages.turns import Entry
from insonify.deploy.review.pages.words import clock, scan_address

_NO_CURVE: Final = Markup(
    "<h2>What labels were worth</h2>"
    '<p class="quiet small">The curve begins when two classes have labels, and the '
    "subjects that are held out for it have some too. Nothing is learnt from those: "
    "they only measure.</p>"
)
_LINE: Final = Markup(
    "<h1>{subject}</h1>"
    '<a class="quiet small" href="{address}" title="Open the scan at this frame">'
    '{video} at {time} ↗</a><span class="quiet small numbers">doubt {doubt:.2f}</span>'
)


def line(entry: Entry | None, progress: str) -> Markup:
    """What is asked about, and how far one is."""
    told = (
        Markup("<h1>What next</h1>")
        if entry is None
        else _LINE.format(
            subject=entry["subject"],
            address=scan_address(entry["video"], entry["frame"]),
            video=entry["video"],
            time=clock(entry["time_s"], 2),
            doubt=entry["doubt"],
        )
    )
    rest = Markup(
        '<span class="grow"></span><span class="quiet small numbers">{}</span>'
    )
    return told + rest.format(progress)


def nothing_to_ask(fetching: bool, why: str, state: dict[str, Any]) -> None:
    """Say why nothing is asked, and what to do about it."""
    if fetching or not why:
        widgets.empty("Looking for what is most worth a label …")
    elif state["checkpoint"] is None:
        widgets.empty(
            "What to label next is asked of an encoder",
            "Learn one from the unlabelled clips, look at every frame with it once, "
            "and open the app with it:",
            widgets.command(
                "insonify pretrain STORE RUN\ninsonify embed STORE RUN\n"
                "insonify review STORE --checkpoint RUN"
            ),
            "Until then, label in the player: all scans are there.",
            Markup('<a class="button main" href="/">All scans</a>'),
        )
    else:
        widgets.empty(
            "There is nothing to ask now",
            why,
            Markup('<a class="button main" href="/">All scans</a>'),
        )


def worth(points: Sequence[curve.Point]) -> Markup:
    """The curve, with its last point in words."""
    if not points:
        return _NO_CURVE
    return _CURVE.format(curve.chart(points), curve.words(points))


_CURVE: Final = Markup(
    "<h2>What labels were worth <span>held-out subjects</span></h2>"
    '{}<p class="quiet small numbers">{}</p>'
)
