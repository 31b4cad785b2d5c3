"""Which stored video a recording of gaze belongs to.

Gaze files name videos; the store knows pseudonyms of their content. The file itself
is the link between the two.
"""

from pathlib import Path, PurePosixPath

from insonify.core.errors import IngestError
from insonify.core.video import Box
from insonify.ingest.deidentify import content_pseudonym
from insonify.ingest.folder.walk import walk
from insonify.ingest.gaze.placing import Picture
from insonify.store import Store


class Sources:
    """The files that were ingested, by the names that gaze files give them."""

    def __init__(self, source: Path, store: Path, key: bytes) -> None:
        self._key = key
        folder = source if source.is_dir() else source.parent
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in walk(source, {store.resolve()})
        }
        self._known: dict[Path, str] = {}

    def video(self, name: str) -> str:
        """The pseudonym of the video of that path, or of that file name.

        Raises:
            IngestError: there is none, several have that name, or it is unreadable.
        """
        path = self._find(name.replace("\\", "/"))
        if path not in self._known:
            self._known[path] = content_pseudonym(self._key, path)
        return self._known[path]

    def _find(self, name: str) -> Path:
        if name in self._paths:
            return self._paths[name]
        last = PurePosixPath(name).name
        found = [path for path in self._paths.values() if path.name == last]
        if len(found) != 1:
            raise IngestError(
                f"{len(found) or 'no'} files of that name in SOURCE; name the video by "
                "its path relative to SOURCE"
            )
        return found[0]


def pictures(store: Store) -> dict[str, Picture]:
    """How each video of a store came from its source."""
    index = store.frames()
    starts = [*index.starts_V(), len(index)]
    times = {
        name: (float(index.time_s_N[first]), float(index.time_s_N[end - 1]))
        for name, first, end in zip(
            index.video_ids, starts[:-1], starts[1:], strict=True
        )
        if end > first
    }
    return {
        row["video"]: Picture(
            source_shape=tuple(row["source_shape"]),
            crop=Box(*row["crop"]),
            shape_HW=(row["height"], row["width"]),
            times_s=times[row["video"]],
        )
        for row in store.videos().to_pylist()
        if row["video"] in times
    }
