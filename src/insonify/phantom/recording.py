"""What happens on the scanner's screen during a sweep: freezes, calipers, colour.

Legend: T frames of the recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from insonify.phantom.planes import BACKGROUND
from insonify.phantom.solids import Point
from insonify.phantom.sweep import Approach

LIFT_S = 0.5
"""Time to take the probe off the skin, or to put it back."""
_FREEZE_S = (1.2, 2.2)
_COLOUR_S = 1.2
_CALIPERS_AFTER = 0.3  # share of a freeze before the first caliper is set


class Measure(NamedTuple):
    """A distance that is measured on a frozen plane."""

    name: str
    part: str
    start: Point
    end: Point


MEASURES: dict[str, Measure] = {
    "brain_transventricular": Measure("BPD", "head", (24, 0, 4), (-24, 0, 4)),
    "brain_cerebellum": Measure("TCD", "head", (10.2, -18, -11), (-10.2, -18, -11)),
    "abdominal": Measure("TAD", "trunk", (24, 0, 3), (-24, 0, 3)),
    "femur": Measure("FL", "trunk", (12.6, 0.6, -37.1), (18.9, 30.4, -43.4)),
}
"""Planes that are frozen and measured, in millimetres of their part's coordinates."""

COLOURED = ("4ch", "lvot", "3vt")
"""Planes on which colour Doppler may be switched on."""


EVENTS = ("freeze", "calipers", "colour", "lift-off")
"""What may disturb a recording, as named in ``events.csv``."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One frame of a screen recording.

    Attributes:
        approach: Number of the approach it belongs to.
        index: Frame of that approach which is on the screen.
        view: What it shows (views.py).
        contact: Contact of the probe with the skin, 0 to 1.
        frozen: Whether the image stands still.
        calipers: How far the measurement is drawn, 0 to 1.
        colour: Whether the colour box is on.
    """

    approach: int
    index: int
    view: str | None
    contact: float = 1.0
    frozen: bool = False
    calipers: float = 0.0
    colour: bool = False

    @property
    def events(self) -> tuple[str, ...]:
        """Names of what disturbs this frame."""
        on = (self.frozen, self.calipers > 0, self.colour, self.contact < 1)
        return tuple(name for name, flag in zip(EVENTS, on, strict=True) if flag)


def bare(number: int, approach: Approach) -> list[Shot]:
    """The frames of one approach with nothing on top."""
    return [
        Shot(approach=number, index=index, view=view)
        for index, view in enumerate(approach.views)
    ]


def record(
    approaches: Sequence[Approach],
    fps: float,
    interruptions: bool,
    generator: np.random.Generator,
) -> list[Shot]:
    """Lay out a recording; without interruptions, the bare frames in order."""
    shots: list[Shot] = []
    for number, approach in enumerate(approaches):
        live = bare(number, approach)
        if interruptions:
            live = _coloured(live, fps, generator)
            live = _lifted(live, fps, number > 0, number + 1 < len(approaches))
            live = _frozen(live, fps, generator)
        shots += live
    return shots


def runs(names: Sequence[str | None], fps: float) -> list[tuple[str, float, float]]:
    """Runs of equal names as (name, start, end) in seconds; None leaves a gap."""
    found, at = [], 0
    for name, group in groupby(names):
        count = len(list(group))
        if name is not None:
            found.append((name, at / fps, (at + count) / fps))
        at += count
    return found


def _lifted(live: list[Shot], fps: float, before: bool, after: bool) -> list[Shot]:
    """Put the probe down at the start, take it off at the end."""
    count = min(max(2, round(LIFT_S * fps)), len(live) // 3)
    ramp = np.linspace(0, 1, count, endpoint=False)
    contact_T = np.ones(len(live))
    if before:
        contact_T[:count] = ramp**2
    if after:
        contact_T[-count:] = ramp[::-1] ** 2
    return [
        replace(
            shot,
            contact=float(contact),
            view=shot.view if contact == 1 else BACKGROUND,
        )
        for shot, contact in zip(live, contact_T, strict=True)
    ]


def _coloured(
    live: list[Shot], fps: float, generator: np.random.Generator
) -> list[Shot]:
    """Switch colour on for a while, half the times that a heart plane is held."""
    for name, start, end in _stretches(live):
        if name in COLOURED and generator.random() < 0.5:
            stop = min(end, start + round(_COLOUR_S * fps))
            live[start:stop] = [replace(shot, colour=True) for shot in live[start:stop]]
    return live


def _frozen(live: list[Shot], fps: float, generator: np.random.Generator) -> list[Shot]:
    """Freeze the first good view of each plane that is measured."""
    done: set[str] = set()
    shots = list(live)
    for name, start, end in reversed(_stretches(live)):
        if name in MEASURES and name not in done and end - start >= 0.3 * fps:
            done.add(name)
            middle = (start + end) // 2
            count = round(generator.uniform(*_FREEZE_S) * fps)
            drawn_T = (np.linspace(0, 1, count) - _CALIPERS_AFTER) * 3
            shots[middle + 1 : middle + 1] = [
                replace(live[middle], frozen=True, calipers=float(np.clip(drawn, 0, 1)))
                for drawn in drawn_T
            ]
    return shots


def _stretches(live: list[Shot]) -> list[tuple[str | None, int, int]]:
    found, at = [], 0
    for name, group in groupby(shot.view for shot in live):
        count = len(list(group))
        found.append((name, at, at + count))
        at += count
    return found
