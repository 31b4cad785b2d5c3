"""What a store holds, at the versions at which it was opened."""

from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.errors import StoreError
from insonify.core.video import Frames
from insonify.store.codec import decode
from insonify.store.folding import as_stretches, folded, holding, in_order
from insonify.store.frames import (
    FrameIndex,
    FrameLabels,
    Integers,
    build_index,
    label_frames,
    with_frames,
)
from insonify.store.gaze import FrameGaze, frames_with_gaze
from insonify.store.head import Head
from insonify.store.reviews import Stretch
from insonify.store.rows import StoreSettings
from insonify.store.splits import Split
from insonify.store.tables import Tables, quoted
from insonify.store.writes import first_of_each, last_of_each, owners

_WRITE = "write"


class Contents:
    """Everything that reads a store."""

    def __init__(self, path: Path, head: Head, tables: Tables) -> None:
        self.path = path
        """Its folder, or the URL of its prefix as a path (see ``place.py``)."""
        self.id = head.id
        """Random name of the store, given at its creation."""
        self.settings: StoreSettings = head.settings
        self._tables = tables

    @property
    def versions(self) -> dict[str, int]:
        """The version of each table, to open the very same content again."""
        return dict(self._tables.versions)

    def videos(self) -> pa.Table:
        """The table of videos: one row a video."""
        return first_of_each(self._tables.read("videos")).drop_columns(_WRITE)

    def rejects(self) -> pa.Table:
        """The table of rejects: fingerprint and reason of each refused file.

        Of a file that was refused more than once, what was said last; of one that was
        taken since, nothing.
        """
        rows = self._tables.read("rejects")
        last = {file: place for place, file in enumerate(rows["file"].to_pylist())}
        videos = self._tables.read("videos", ["video", "file", _WRITE])
        for file in first_of_each(videos)["file"].to_pylist():
            last.pop(file, None)
        return rows.take(pa.array(sorted(last.values()), pa.int64()))

    def labels(self) -> pa.Table:
        """The table of labels: video, task, label, start_s, end_s.

        What came with ingest, and then, by video, task and start, what holds where
        reviewers decided something: disjoint, and with a frame in each.
        """
        labels, log = self._ingested(), self.reviews()
        if not len(log):
            return labels
        others, changed = folded(labels, log)
        return pa.concat_tables([others, with_frames(self._index, changed)])

    def reviews(self, video: str | None = None) -> pa.Table:
        """The log of decisions, oldest first, with those that were taken back.

        Args:
            video: Of which video; None: of all.
        """
        where = None if video is None else f"video = {quoted(video)}"
        rows = self._tables.read("reviews", where=where)
        if not len(rows):
            return rows
        videos = self._writes(where)["video"].combine_chunks()
        return in_order(rows.filter(pc.is_in(rows["video"], value_set=videos)))

    def stretches(self, video: str, task: str) -> list[Stretch]:
        """What holds of a video, by start; disjoint, and with a frame in each."""
        labels, log = (
            rows.filter(pc.equal(rows["task"], task))
            for rows in (
                self._ingested(f"video = {quoted(video)}"),
                self.reviews(video),
            )
        )
        return as_stretches(with_frames(self._index, holding(labels, log)))

    def tasks(self) -> list[str]:
        """Names of the tasks for which there are labels."""
        return sorted(pc.unique(self.labels()["task"]).to_pylist())

    def frames(self) -> FrameIndex:
        """What frames there are, in canonical order."""
        return self._index

    def frame_labels(self, task: str) -> FrameLabels:
        """The frames that carry a label of ``task``.

        Raises:
            StoreError: there is no such task.
        """
        table = self.labels()
        rows = table.filter(pc.equal(table["task"], task))
        if not len(rows):
            raise StoreError(
                f"no labels of task {task!r}; the store has {self.tasks()}"
            )
        return label_frames(self._index, rows)

    def gaze_videos(self) -> set[str]:
        """The videos that have gaze."""
        rows = self._tables.read("gaze", ["video"])
        return set(pc.unique(rows["video"]).to_pylist()) & self.known_videos()

    def frame_gaze(self, window_s: float) -> FrameGaze:
        """What was looked at while each frame was seen.

        Args:
            window_s: Length of the window, centred on a frame's time, whose samples
                count for it.

        Raises:
            StoreError: the store has no gaze.
        """
        rows = self._tables.read("gaze")
        if not len(rows):
            raise StoreError(
                f"{self.path}: no gaze in this store; add some with "
                "`insonify gaze SOURCE STORE --gaze FILE`"
            )
        rows = rows.filter(pa.array(last_of_each(rows)))
        return frames_with_gaze(self._index, rows, window_s)

    def splits(self) -> list[str]:
        """Names of the splits."""
        rows = self._tables.read("splits", ["split"])
        return sorted(pc.unique(rows["split"]).to_pylist())

    def split(self, name: str) -> Split:
        """The split of that name.

        Raises:
            StoreError: there is none.
        """
        rows = self._tables.read("splits")
        rows = rows.filter(pc.equal(rows["split"], name))
        if not len(rows):
            raise StoreError(f"no split {name!r}; the store has {self.splits()}")
        columns = rows["subject"].to_pylist(), rows["part"].to_pylist()
        return Split(name=name, parts=dict(zip(*columns, strict=True)))

    def known_files(self) -> set[str]:
        """Fingerprints of all files that were taken or refused."""
        refused = self._tables.read("rejects", ["file"])["file"]
        return self.taken_files() | set(refused.to_pylist())

    def taken_files(self) -> set[str]:
        """Fingerprints of the files that became videos.

        With them those whose content another writer took from elsewhere at the same
        moment: nothing of them is missing.
        """
        return set(self._tables.read("videos", ["file"])["file"].to_pylist())

    def known_videos(self) -> set[str]:
        """Content hashes of all videos."""
        return set(self._tables.read("videos", ["video"])["video"].to_pylist())

    def read_images(self, rows: Integers) -> list[bytes]:
        """The encoded images at Lance offsets ``rows``, in that order."""
        table = self._tables["frames"].take(rows.tolist(), columns=["image"])
        images: list[bytes] = table["image"].to_pylist()
        return images

    def read_frames(self, positions: Integers) -> list[Frames]:
        """Decode the frames at ``positions`` of :meth:`frames`: (H, W) uint8 each."""
        index = self._index
        shapes = [index.shapes_HW[video] for video in index.video_N[positions]]
        images = self.read_images(index.row_N[positions])
        return [
            decode(image, self.settings.codec, height, width)
            for image, (height, width) in zip(images, shapes, strict=True)
        ]

    @cached_property
    def _index(self) -> FrameIndex:
        columns = ["video", "time_s", "segment", "motion", _WRITE]
        videos = first_of_each(self._tables.read("videos"))
        return build_index(self._tables.parts("frames", columns), videos)

    def _ingested(self, where: str | None = None) -> pa.Table:
        """The labels that came with ingest."""
        rows = self._tables.read("labels", where=where)
        mine = owners(rows, self._writes(where)) >= 0
        return rows.filter(pa.array(mine)).drop_columns(_WRITE)

    def _writes(self, where: str | None = None) -> pa.Table:
        """Of each video the write that counts."""
        return first_of_each(self._tables.read("videos", ["video", _WRITE], where))
