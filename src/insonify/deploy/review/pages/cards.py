"""How the list says what there is: the line above it, and a card a scan."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from insonify.deploy.review.pages.arrangement import Scan, share_done
from insonify.deploy.review.pages.words import (
    chip,
    clock,
    count,
    picture_address,
    scan_address,
    span,
)

_CHIPS: Final = 4
"""Labels that a card names; of the others it says how many there are."""


def headline(scans: Sequence[Scan], chosen: Sequence[Scan]) -> Markup:
    """What there is in all, and how much of it is chosen."""
    subjects = len({scan["subject"] for scan in scans})
    done = sum(bool(scan["labels"]) for scan in scans)
    facts = [
        count(subjects, "subject"),
        count(sum(scan["frames"] for scan in scans), "frame"),
        span(sum(scan["duration_s"] for scan in scans)),
        f"labels in {done:,} of {count(len(scans), 'scan')}",
    ]
    few = Markup(" <span class='quiet'>of {:,}</span>").format(len(scans))
    return Markup(
        '<h1 class="numbers">{}{}</h1><span class="quiet numbers">{}</span>'
    ).format(
        count(len(chosen), "scan"),
        few if len(chosen) < len(scans) else "",
        " · ".join(facts),
    )


def card(scan: Scan, classes: list[str]) -> Markup:
    """One scan of the list."""
    return _CARD.format(
        address=scan_address(scan["video"]),
        picture=picture_address("thumbnail", scan["video"], scan["thumbnail"]),
        length=clock(scan["duration_s"]),
        done=f"{100 * share_done(scan):.1f}",
        video=scan["video"],
        subject=scan["subject"],
        exam=scan["exam"],
        frames=count(scan["frames"], "frame"),
        doubt=_doubt(scan["best_doubt"]),
        labels=_labels(scan, classes),
    )


_CARD: Final = Markup(
    '<a class="scan-card" href="{address}">'
    '<span class="scan-picture"><img src="{picture}" alt="" loading="lazy">'
    '<span class="scan-length numbers">{length}</span></span>'
    '<span class="scan-done" title="{done} % of the time has a label">'
    '<i style="width: {done}%"></i></span>'
    '<span class="scan-words"><b>{video}</b>'
    '<span class="quiet small numbers">{subject} · {exam}</span>'
    '<span class="scan-facts quiet small numbers"><span>{frames}</span>{doubt}</span>'
    '<span class="scan-labels">{labels}</span></span></a>'
)


def _doubt(doubt: float | None) -> Markup:
    if doubt is None:
        return Markup("")
    words = "Doubt of the frame that is least clear to the head, 0 to 1"
    return Markup('<span title="{}">doubt {:.2f}</span>').format(words, doubt)


def _labels(scan: Scan, classes: list[str]) -> Markup:
    if not scan["labels"]:
        return Markup('<span class="quiet small">no labels yet</span>')
    found = sorted(scan["labels"].items(), key=lambda entry: -entry[1])
    chips = [chip(label, classes, f"{number}") for label, number in found[:_CHIPS]]
    if len(found) > _CHIPS:
        chips.append(
            Markup('<span class="chip">+{}</span>').format(len(found) - _CHIPS)
        )
    return Markup("").join(chips)
