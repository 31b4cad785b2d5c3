"""The store: videos, frames, labels, gaze, splits and rejects, and how they come in.

Any number of processes may add to a store at once: they only append, and ``writes.py``
says which rows count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from insonify.core.errors import StoreError
from insonify.core.video import Video
from insonify.store.contents import Contents
from insonify.store.creation import make_store
from insonify.store.frames import subject_labels
from insonify.store.gaze import VideoGaze, gaze_table
from insonify.store.head import NAME, Head, read_head
from insonify.store.place import place_of, reached
from insonify.store.reviewing import append_reviews
from insonify.store.reviews import Review
from insonify.store.rows import SPLITS, Label, Reject, StoreSettings, VideoEntry
from insonify.store.splits import k_fold
from insonify.store.tables import Tables
from insonify.store.tidying import KEEP, tidy
from insonify.store.writes import new_write
from insonify.store.writing import commit, discard, write_video


class Store(Contents):
    """A folder of Lance tables, or a prefix of an object store that holds them.

    It is read at the versions that it had when it was opened.
    """

    @classmethod
    def create(cls, path: Path | str, settings: StoreSettings) -> "Store":
        """Make an empty store.

        Args:
            path: A folder, or a URL such as ``s3://bucket/prefix`` as a path.
            settings: What is fixed from then on.

        Raises:
            StoreError: the place is not empty, or cannot be reached.
        """
        path = Path(path)
        place = place_of(path)
        if read_head(place) is not None:
            raise StoreError(f"{place.root}: not empty, a store; name a new place")
        return cls._with(path, settings, make_store(place, settings))

    @classmethod
    def open(
        cls, path: Path | str, versions: Mapping[str, int] | None = None
    ) -> "Store":
        """Open a store for reading.

        Args:
            path: The store's folder, or its URL as a path.
            versions: Table versions to read (see :attr:`versions`); the newest if None.

        Raises:
            StoreError: there is no store, it has another format, or is out of reach.
        """
        path = Path(path)
        place = place_of(path)
        head = read_head(place)
        if head is None:
            raise StoreError(
                f"{place.root}: no store here ({NAME} is missing); make one with "
                "`insonify ingest SOURCE STORE`"
            )
        return cls(path, head, Tables(place, versions))

    @classmethod
    def open_or_create(cls, path: Path | str, settings: StoreSettings) -> "Store":
        """Open a store for writing; several processes may do so at once.

        Raises:
            StoreError: the store exists with other settings, or is out of reach.
        """
        path = Path(path)
        place = place_of(path)
        head = read_head(place) or make_store(place, settings)
        store = cls._with(path, settings, head)
        for name in ("frames", "labels", "videos"):
            store._tables.widen(name)
        return store

    @classmethod
    def _with(cls, path: Path, settings: StoreSettings, head: Head) -> "Store":
        if head.settings != settings:
            raise StoreError(
                f"{path}: made with {asdict(head.settings)}, asked for "
                f"{asdict(settings)}; use the same options or a new store"
            )
        return cls(path, head, Tables(place_of(path)))

    def write_file(self, name: str, data: bytes) -> None:
        """Write a small file beside the tables, such as the terms of a set."""
        place = place_of(self.path)
        with reached(place):
            place.write(name, data)

    def write_video(self, video: Video | Iterable[Video], file: str) -> VideoEntry:
        """Write a video's frames; nothing is visible until :meth:`commit`.

        Safe to call from any process.

        Args:
            video: The video, or its parts one after the other: of the same video, with
                times that increase and segments that do not decrease from part to
                part. One part at a time is in memory; each becomes a fragment. Of a
                fact that several parts have, the last part's value stays.
            file: The source's keyed fingerprint.

        Raises:
            ValueError: parts do not follow one another, or there is none.
            StoreError: the store cannot be written.
        """
        parts = [video] if isinstance(video, Video) else video
        return write_video(self._tables, self.settings, parts, file)

    def discard(self, entry: VideoEntry) -> None:
        """Remove the frames of a video that was and will not be committed."""
        discard(self._tables, entry)

    def commit(
        self,
        videos: Sequence[VideoEntry] = (),
        rejects: Sequence[Reject] = (),
        labels: Sequence[Label] = (),
    ) -> frozenset[str]:
        """Make written videos visible, with their labels, and record rejects.

        A video that another writer was quicker with is left out, and so are its labels
        given here; its file becomes a reject, unless it is the file that was taken.

        Returns:
            The videos that were left out.

        Raises:
            StoreError: a label is of no video, or the store cannot be written.
        """
        left_out = commit(self._tables, videos, rejects, labels)
        self._forget_index()
        return left_out

    def review(self, reviews: Sequence[Review]) -> None:
        """Add decisions of people to the log: all of them or none, in one new version.

        When it returns they are in the store, whatever happens to this process; what
        other processes add at the same moment is there too. Decisions about the same
        stretch hold in the order of their times (see :class:`Review`). Of a video that
        came in later than this store was opened, it goes on as in :meth:`refresh`.

        Args:
            reviews: The decisions.

        Raises:
            StoreError: a video is not in the store, what is taken back is not in the
                log, or the store cannot be written.
        """
        unknown = {review.video for review in reviews} - self.known_videos()
        if unknown and self.refresh():
            unknown -= self.known_videos()
        if unknown:
            raise StoreError(f"{min(unknown)}: no such video in the store; ingest it")
        if reviews:
            append_reviews(self._tables, reviews)

    def refresh(self) -> bool:
        """Go on to the newest version of all tables.

        Positions in :meth:`frames` from before do not hold after it if videos came in,
        so threads that share a store take turns with it.

        Returns:
            Whether anything has changed.

        Raises:
            StoreError: the store cannot be reached.
        """
        changed = self._tables.refresh()
        if changed & {"frames", "videos"}:
            self._forget_index()
        return bool(changed)

    def tidy(self, keep: timedelta = KEEP) -> None:
        """Compact, and remove what killed writers left; safe while others work.

        Args:
            keep: How old a version of the table of frames must be to be dropped: no
                reader may still be at one that old. What :attr:`versions` names can be
                opened nevertheless, since frames never change.

        Raises:
            StoreError: the store cannot be written.
        """
        tidy(self._tables, keep)
        self._forget_index()

    def assign(self, split: str, parts: Mapping[str, str]) -> None:
        """Write a split, once; writing the same again changes nothing.

        Args:
            split: The split's name.
            parts: A fold's number, ``train``, ``validation`` or ``test`` by subject.

        Raises:
            StoreError: a different split of that name exists.
        """
        rows = [
            {"split": split, "subject": subject, "part": part}
            for subject, part in sorted(parts.items())
        ]
        self._tables.refresh("splits")
        while rows and split not in self.splits():
            there = self._tables.read("splits")
            added = pa.Table.from_pylist(rows, schema=SPLITS)
            self._tables.replace("splits", pa.concat_tables([there, added]))
            self._tables.refresh("splits")
        if rows and dict(self.split(split).parts) != dict(parts):
            raise StoreError(
                f"split {split!r} exists and differs; splits are written once, "
                "choose another name"
            )

    def make_split(self, name: str, *, folds: int, task: str | None, seed: int) -> None:
        """Deal the subjects over folds, stratified by their most frequent label.

        Subjects without a label of ``task`` train in every fold; without a task all
        subjects are dealt. See :meth:`assign` for what happens if the name exists.
        """
        subjects = set(self._index.subjects)
        labelled = dict.fromkeys(subjects, "")
        if task is not None:
            labelled = subject_labels(self._index, self.frame_labels(task))
        others = subjects - set(labelled)
        self.assign(name, k_fold(labelled, others, folds, seed))

    def write_gaze(
        self, gaze: Mapping[str, VideoGaze], *, overwrite: bool = False
    ) -> None:
        """Add the gaze of videos, all of it or none.

        Args:
            gaze: What was looked at, by video.
            overwrite: Replace the gaze that a video has already.

        Raises:
            StoreError: a video is not in the store, or has gaze and stays as it is.
        """
        self._tables.widen("gaze")
        if unknown := sorted(set(gaze) - self.known_videos()):
            raise StoreError(f"{unknown[0]}: no such video in the store; ingest it")
        there = set(gaze) & self.gaze_videos()
        if there and not overwrite:
            raise StoreError(
                f"{len(there)} of {len(gaze)} videos have gaze already (such as "
                f"{min(there)}); leave them out, or replace it with --overwrite"
            )
        if gaze:
            writes = self._tables.read("gaze", ["write"])["write"]
            write = new_write(after=pc.max(writes).as_py() or 0)
            rows = self._tables.write("gaze", gaze_table(gaze, write))
            self._tables.append("gaze", rows)

    def _forget_index(self) -> None:
        self.__dict__.pop("_index", None)
