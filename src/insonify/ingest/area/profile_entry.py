"""One saved profile: which recordings it is for, and where the image is in them."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.core.video import Box
from insonify.ingest.area.shapes import Outline, Polygon, Sector
from insonify.ingest.recording import Recording


@dataclass(frozen=True, kw_only=True)
class Match:
    """Which recordings a profile is for: all that is named must fit."""

    manufacturer: str | None = None
    """As DICOM says; upper and lower case are the same."""
    model: str | None = None
    """As DICOM says; upper and lower case are the same."""
    container: str | None = None
    """Kind of file, as ``insonify inspect`` shows it."""
    shape: tuple[int, int] | None = None
    """Rows and columns of the picture."""
    folder: str | None = None
    """Pattern of the folder within the one that is ingested, such as ``site-b/*``;
    ``*`` stands for anything, folders below included."""

    def __post_init__(self) -> None:
        if set(vars(self).values()) == {None}:
            raise ConfigError(
                "matches every recording; name a manufacturer, model, container, "
                "shape or folder"
            )

    @classmethod
    def device_of(cls, recording: Recording) -> "Match":
        """What is known of the device, and the picture's shape."""
        maker, model = _device(recording)
        return cls(
            manufacturer=maker,
            model=model,
            container=recording.container,
            shape=recording.shape_HW,
        )

    def fits(self, recording: Recording, relative: Path) -> bool:
        """Whether a recording is one of these."""
        maker, model = _device(recording)
        return (
            _same(self.manufacturer, maker)
            and _same(self.model, model)
            and _same(self.container, recording.container)
            and self.shape in (None, recording.shape_HW)
            and (
                self.folder is None
                or fnmatchcase(relative.parent.as_posix(), self.folder)
            )
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one image is: one of three shapes, in pixels of the source picture."""

    box: tuple[int, int, int, int] | None = None
    """Top, left, bottom and right; ends are exclusive."""
    sector: Sector | None = None
    polygon: tuple[tuple[float, float], ...] | None = None
    """Row and column of each corner."""

    def __post_init__(self) -> None:
        named = [name for name, value in vars(self).items() if value is not None]
        if len(named) != 1:
            found = " and ".join(named) or "none"
            raise ConfigError(f"wanted one of box, sector and polygon, found {found}")
        if self.polygon is not None:
            Polygon(corners=self.polygon)
        if self.box is not None:
            top, left, bottom, right = self.box
            if not (0 <= top < bottom and 0 <= left < right):
                raise ConfigError(
                    f"box {list(self.box)} holds no pixel; it is [top, left, bottom, "
                    "right] with 0 <= top < bottom and 0 <= left < right"
                )

    @classmethod
    def of(cls, outline: Outline) -> "Place":
        """A shape, to a hundredth of a pixel."""
        if isinstance(outline, Box):
            return cls(box=(*outline,))
        if isinstance(outline, Polygon):
            return cls(polygon=tuple(_rounded(corner) for corner in outline.corners))
        parts = vars(outline).items()
        return cls(sector=Sector(**{name: _rounded(pair) for name, pair in parts}))

    @property
    def shape(self) -> str:
        """Which of the three it is."""
        return next(name for name, value in vars(self).items() if value is not None)

    @property
    def outline(self) -> Outline:
        """The shape itself."""
        if self.box is not None:
            return Box(*self.box)
        if self.polygon is not None:
            return Polygon(corners=self.polygon)
        assert self.sector is not None
        return self.sector


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Where the image is, or the images are, in some recordings."""

    match: Match
    area: tuple[Place, ...]
    """From left to right."""

    def __post_init__(self) -> None:
        if not self.area:
            raise ConfigError("area: wanted one shape or more, found none")

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """The shapes themselves."""
        return tuple(place.outline for place in self.area)

    def to_plain(self) -> dict[str, Any]:
        """What is named, as YAML shows it."""
        plain = to_plain(self)
        named = [{k: v for k, v in place.items() if v} for place in plain["area"]]
        match = {key: value for key, value in plain["match"].items() if value}
        return {"match": match, "area": named}


def _device(recording: Recording) -> tuple[str | None, str | None]:
    """Manufacturer and model, where the file says."""
    names = ("Manufacturer", "ManufacturerModelName")
    maker, model = (str(recording.facts.get(name, "")) for name in names)
    return maker or None, model or None


def _same(wanted: str | None, found: str | None) -> bool:
    """Whether a text is as wanted, or nothing is."""
    if wanted is None:
        return True
    return found is not None and wanted.strip().casefold() == found.strip().casefold()


def _rounded(pair: tuple[float, float]) -> tuple[float, float]:
    return round(pair[0], 2), round(pair[1], 2)
