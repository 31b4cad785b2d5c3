"""Pictures of single frames, out of galleries, for a page."""

import base64
from collections.abc import Iterable

from insonify.core.gallery import Gallery

_MS = 1000


class FramePictures:
    """The pictures of some frames of one store, by video and time."""

    def __init__(self, galleries: Iterable[Gallery], store: str) -> None:
        self._found: dict[tuple[str, int], bytes] = {}
        for gallery in galleries:
            if gallery.store == store:
                names = ("video", "time_s", "thumbnail")
                columns = (gallery.rows[name].to_pylist() for name in names)
                for video, time_s, picture in zip(*columns, strict=True):
                    self._found[_key(video, time_s)] = picture

    def __bool__(self) -> bool:
        return bool(self._found)

    def __contains__(self, frame: tuple[str, float]) -> bool:
        return _key(*frame) in self._found

    def of(self, video: str, time_s: float) -> str | None:
        """The address of a frame's picture, a data URL; None where there is none."""
        picture = self._found.get(_key(video, time_s))
        return None if picture is None else jpeg_address(picture)


def jpeg_address(picture: bytes) -> str:
    """A JPEG as an address that stands inside a page."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def _key(video: str, time_s: float) -> tuple[str, int]:
    """Times are of frames at most 1000 a second; float64 may have been rounded."""
    return video, round(time_s * _MS)
