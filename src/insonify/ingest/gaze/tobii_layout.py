"""Which columns of a Tobii Pro Lab export hold what.

Names by the Pro Lab user manual, appendix on data export; newer versions put a unit
behind them, ``Gaze point X [DACS px]``. DACS is the screen, MCS the medium.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from insonify.core.errors import IngestError
from insonify.ingest.gaze.lines import number

_PIXELS: Final = ("", "px", "dacs px", "dacspx", "rcspx")
_SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_VALID: Final = ("valid", "0", "1")
"""Older exports give codes, 0 (sure) to 4 (no eye); from 2 on Tobii advises against."""
Place = int | None


class Names:
    """Names of columns without their units."""

    def __init__(self, columns: list[str]) -> None:
        self._all = [_split(name) for name in columns]

    def find(self, name: str) -> Place:
        """Where a column is, whatever its unit."""
        names = [known for known, _ in self._all]
        return names.index(name) if name in names else None

    def unit(self, place: int) -> str:
        """The unit behind a name; empty if there is none."""
        return self._all[place][1]

    def pixels(self, *names: str) -> tuple[int, ...]:
        """Where columns in pixels of the screen are; nothing unless all are there."""
        found = []
        for name in names:
            columns = [(name, unit) for unit in _PIXELS if (name, unit) in self._all]
            if not columns:
                return ()
            found.append(self._all.index(columns[0]))
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Eye:
    """Columns of a point, and those of which one must be valid for it."""

    place: tuple[int, ...]
    validity: tuple[Place, ...]

    def point(self, cells: list[str], line: int) -> tuple[float, float] | None:
        """Where the eye looks; None where it was not seen."""
        codes = [cells[place].lower() for place in self.validity if place is not None]
        if codes and not set(codes) & set(_VALID):
            return None
        right, down = self.place
        return (
            number(cells[right], line, "a gaze point"),
            number(cells[down], line, "a gaze point"),
        )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which column is where; None or empty where it is absent."""

    time: int
    unit_s: float | None
    """Seconds that a unit of time lasts."""
    eyes: tuple[Eye, ...]
    who: tuple[int, ...]
    """Recording and participant."""
    media: Place
    box: tuple[int, ...]
    """Left, top, width and height of the medium on the screen."""
    screen: tuple[int, ...]
    """Height and width of the screen."""
    sensor: Place
    event: Place

    @classmethod
    def find(cls, names: Names) -> "Layout":
        """Find the columns.

        Raises:
            IngestError: time or gaze is missing.
        """
        time = names.find("recording timestamp")
        if time is None:
            raise IngestError(
                "line 1: no column 'Recording timestamp'; export it, or name another "
                "--format"
            )
        who = names.find("recording name"), names.find("participant name")
        media = [f"presented media {end}" for end in ("position x", "position y")]
        return cls(
            time=time,
            unit_s=_SECONDS.get(names.unit(time)),
            eyes=_eyes(names),
            who=tuple(place for place in who if place is not None),
            media=names.find("presented media name"),
            box=names.pixels(*media, "presented media width", "presented media height"),
            screen=names.pixels(
                "recording resolution height", "recording resolution width"
            ),
            sensor=names.find("sensor"),
            event=names.find("event"),
        )

    def sampled(self, cells: list[str]) -> bool:
        """Whether a row is a sample of the eye tracker and not of something else."""
        if self.sensor is not None:
            return cells[self.sensor].lower() == "eye tracker"
        return self.event is None or not cells[self.event]

    def video(self, cells: list[str]) -> str:
        """Name of the medium that is shown; empty if there is none."""
        return "" if self.media is None else cells[self.media]

    def key(self, cells: list[str]) -> tuple[str, ...]:
        """Changes where another showing begins."""
        return (*(cells[place] for place in self.who), self.video(cells))

    def time_of(self, cells: list[str], line: int) -> float:
        """Time of a row."""
        time = number(cells[self.time], line, "Recording timestamp")
        if not math.isfinite(time):
            raise IngestError(f"line {line}: no Recording timestamp; export it anew")
        return time


def _eyes(names: Names) -> tuple[Eye, ...]:
    """The averaged point, or those of both eyes."""
    validity = {side: names.find(f"validity {side}") for side in ("left", "right")}
    if place := names.pixels("gaze point x", "gaze point y"):
        return (Eye(place=place, validity=tuple(validity.values())),)
    eyes = tuple(
        Eye(place=place, validity=(validity[side],))
        for side in ("left", "right")
        if (place := names.pixels(f"gaze point {side} x", f"gaze point {side} y"))
    )
    if not eyes:
        raise IngestError(
            "line 1: no columns 'Gaze point X' and 'Gaze point Y' in pixels of the "
            "screen (DACS); export them"
        )
    return eyes


def _split(column: str) -> tuple[str, str]:
    """Name and unit of a column, in small letters.

    >>> _split("Recording timestamp [μs]"), _split("Gaze point X")
    (('recording timestamp', 'us'), ('gaze point x', ''))
    """
    found = re.fullmatch(r"(.*?)\s*[\[(](.*)[\])]", column.lower())
    if found is None:
        return column.lower(), ""
    # Micro sign, Greek letter, or what is left of either in another encoding.
    return found[1], re.sub("[\u00b5\u03bc\ufffd]", "u", found[2])
