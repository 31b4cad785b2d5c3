"""The store: Lance tables of videos, frames, labels, gaze, splits and rejects.

A video becomes visible when its row is added to ``videos``, after its frames and its
labels. What a killed process leaves behind is therefore invisible, and removed when
the store is next opened for writing.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc
from lance.fragment import FragmentMetadata, write_fragments

from insonify.core.config import from_plain, to_plain
from insonify.core.errors import StoreError
from insonify.core.files import new_folder, write_json
from insonify.core.video import Frames, Video
from insonify.store.batches import frame_batches
from insonify.store.codec import decode
from insonify.store.frames import (
    FrameIndex,
    FrameLabels,
    Integers,
    build_index,
    label_frames,
    subject_labels,
)
from insonify.store.gaze import FrameGaze, VideoGaze, frames_with_gaze, gaze_table
from insonify.store.rows import (
    FORMAT,
    FRAMES,
    SCHEMAS,
    Label,
    Reject,
    StoreSettings,
    VideoEntry,
    video_row,
)
from insonify.store.splits import Split, k_fold


class Store:
    """A folder of Lance tables, read at the versions it had when it was opened."""

    def __init__(
        self, path: Path, identity: str, settings: StoreSettings, versions: Any = None
    ) -> None:
        self.path = path
        self.id = identity
        """Random name of the store, given at its creation."""
        self.settings = settings
        self._tables = {
            name: lance.dataset(self._uri(name), version=(versions or {}).get(name))
            for name in SCHEMAS
        }

    @classmethod
    def create(cls, path: Path, settings: StoreSettings) -> "Store":
        """Make an empty store.

        Raises:
            StoreError: the path exists already and is not an empty folder.
        """
        if path.exists() and any(path.iterdir()):
            raise StoreError(f"{path}: not empty and not a store; name a new folder")
        with new_folder(path) as draft:
            for name, schema in SCHEMAS.items():
                lance.write_dataset(
                    schema.empty_table(), str(draft / f"{name}.lance"), schema=schema
                )
            head = {"format": FORMAT, "id": secrets.token_hex(8)}
            write_json(draft / "store.json", head | {"settings": to_plain(settings)})
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, versions: Mapping[str, int] | None = None) -> "Store":
        """Open a store for reading.

        Args:
            path: The store's folder.
            versions: Table versions to read (see :attr:`versions`); the newest if None.

        Raises:
            StoreError: there is no store, or it has another format.
        """
        try:
            head = json.loads((path / "store.json").read_text())
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(
                f"{path}: no store here (store.json is missing); make one with "
                "`insonify ingest SOURCE STORE`"
            ) from None
        if head.get("format") != FORMAT:
            raise StoreError(
                f"{path}: store format {head.get('format')}, this insonify reads "
                f"{FORMAT}; ingest the sources anew"
            )
        settings = from_plain(StoreSettings, head["settings"], f"{path}/store.json")
        try:
            return cls(path, head["id"], settings, versions)
        except ValueError as error:
            raise StoreError(f"{path}: a table cannot be opened ({error})") from None

    @classmethod
    def open_or_create(cls, path: Path, settings: StoreSettings) -> "Store":
        """Open a store for writing, after removing what a killed writer left in it.

        Raises:
            StoreError: the store exists with other settings.
        """
        if not (path / "store.json").exists():
            return cls.create(path, settings)
        store = cls.open(path)
        if store.settings != settings:
            raise StoreError(
                f"{path}: made with {asdict(store.settings)}, asked for "
                f"{asdict(settings)}; use the same options or a new store"
            )
        store._remove_orphans()
        return store

    @property
    def versions(self) -> dict[str, int]:
        """The version of each table, to open the very same content again."""
        return {name: table.version for name, table in self._tables.items()}

    # Writing

    def write_video(self, video: Video, file: str) -> VideoEntry:
        """Write a video's frames; nothing is visible until :meth:`commit`.

        Safe to call from any process; ``file`` is the source's keyed fingerprint.
        """
        batches = pa.RecordBatchReader.from_batches(
            FRAMES, frame_batches(video, self.settings)
        )
        fragments = write_fragments(
            batches, self._uri("frames"), schema=FRAMES, mode="append"
        )
        return VideoEntry(
            row=video_row(video, file, json.dumps(video.facts)),
            fragments=tuple(json.dumps(part.to_json()) for part in fragments),
        )

    def commit(
        self,
        videos: Sequence[VideoEntry] = (),
        rejects: Sequence[Reject] = (),
        labels: Sequence[Label] = (),
    ) -> None:
        """Make written videos visible, with their labels, and record rejects."""
        fragments = [
            FragmentMetadata.from_json(part)
            for entry in videos
            for part in entry.fragments
        ]
        if fragments:
            self._tables["frames"] = lance.LanceDataset.commit(
                self._uri("frames"),
                lance.LanceOperation.Append(fragments),
                read_version=self._tables["frames"].version,
            )
        self._append("labels", [asdict(label) for label in labels])
        self._append("videos", [entry.row for entry in videos])
        files = [str(entry.row["file"]) for entry in videos]
        self._forget_rejects([*files, *(reject.file for reject in rejects)])
        self._append("rejects", [asdict(reject) for reject in rejects])
        self.__dict__.pop("_index", None)

    def assign(self, split: str, parts: Mapping[str, str]) -> None:
        """Write a split, once; writing the same again changes nothing.

        Args:
            split: The split's name.
            parts: A fold's number, ``train``, ``validation`` or ``test`` by subject.

        Raises:
            StoreError: a different split of that name exists.
        """
        if split in self.splits():
            if dict(self.split(split).parts) != dict(parts):
                raise StoreError(
                    f"split {split!r} exists and differs; splits are written once, "
                    "choose another name"
                )
            return
        rows = [
            {"split": split, "subject": subject, "part": part}
            for subject, part in sorted(parts.items())
        ]
        self._append("splits", rows)

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
        if unknown := sorted(set(gaze) - self.known_videos()):
            raise StoreError(f"{unknown[0]}: no such video in the store; ingest it")
        there = set(gaze) & self.gaze_videos()
        if there and not overwrite:
            raise StoreError(
                f"{len(there)} of {len(gaze)} videos have gaze already (such as "
                f"{min(there)}); leave them out, or replace it with --overwrite"
            )
        if not gaze:
            return
        table, mode = gaze_table(gaze), "append"
        if there:
            rows = self._tables["gaze"].to_table()
            kept = rows.filter(pc.invert(pc.is_in(rows["video"], pa.array(there))))
            table, mode = pa.concat_tables([kept, table]), "overwrite"
        self._tables["gaze"] = lance.write_dataset(table, self._uri("gaze"), mode=mode)

    # Reading

    def videos(self) -> pa.Table:
        """The table of videos: one row a video."""
        return self._tables["videos"].to_table()

    def rejects(self) -> pa.Table:
        """The table of rejects: fingerprint and reason of each refused file."""
        return self._tables["rejects"].to_table()

    def labels(self) -> pa.Table:
        """The table of labels: video, task, label, start_s, end_s."""
        return self._tables["labels"].to_table()

    def tasks(self) -> list[str]:
        """Names of the tasks for which there are labels."""
        return sorted(set(self.labels()["task"].to_pylist()))

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
        rows = self._tables["gaze"].to_table(columns=["video"])
        return set(pc.unique(rows["video"]).to_pylist())

    def frame_gaze(self, window_s: float) -> FrameGaze:
        """What was looked at while each frame was seen.

        Args:
            window_s: Length of the window, centred on a frame's time, whose samples
                count for it.

        Raises:
            StoreError: the store has no gaze.
        """
        rows = self._tables["gaze"].to_table()
        if not len(rows):
            raise StoreError(
                f"{self.path}: no gaze in this store; add some with "
                "`insonify gaze SOURCE STORE --gaze FILE`"
            )
        return frames_with_gaze(self._index, rows, window_s)

    def splits(self) -> list[str]:
        """Names of the splits."""
        return sorted(set(self._tables["splits"].to_table()["split"].to_pylist()))

    def split(self, name: str) -> Split:
        """The split of that name.

        Raises:
            StoreError: there is none.
        """
        rows = self._tables["splits"].to_table().to_pylist()
        parts = {row["subject"]: row["part"] for row in rows if row["split"] == name}
        if not parts:
            raise StoreError(f"no split {name!r}; the store has {self.splits()}")
        return Split(name=name, parts=parts)

    def known_files(self) -> set[str]:
        """Fingerprints of all files that were taken or refused."""
        known = [self.videos()["file"], self.rejects()["file"]]
        return {file for column in known for file in column.to_pylist()}

    def known_videos(self) -> set[str]:
        """Content hashes of all videos."""
        return set(self.videos()["video"].to_pylist())

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

    # Within

    @cached_property
    def _index(self) -> FrameIndex:
        columns = ["video", "time_s", "segment", "motion"]
        return build_index(
            self._tables["frames"].to_table(columns=columns), self.videos()
        )

    def _uri(self, table: str) -> str:
        return str(self.path / f"{table}.lance")

    def _append(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            table = pa.Table.from_pylist(list(rows), schema=SCHEMAS[name])
            self._tables[name] = lance.write_dataset(
                table, self._uri(name), mode="append"
            )

    def _forget_rejects(self, files: Sequence[str]) -> None:
        """Remove what was said of files that were tried again."""
        there = set(self.rejects()["file"].to_pylist())
        for file in sorted(there & set(files)):
            self._tables["rejects"].delete(f"file = '{file}'")
        self._tables["rejects"] = lance.dataset(self._uri("rejects"))

    def _remove_orphans(self) -> None:
        known = self.known_videos()
        for name in ("frames", "labels", "gaze"):
            table = self._tables[name]
            there = set(
                pc.unique(table.to_table(columns=["video"])["video"]).to_pylist()
            )
            for video in sorted(there - known):
                table.delete(f"video = '{video}'")
            self._tables[name] = lance.dataset(self._uri(name))
