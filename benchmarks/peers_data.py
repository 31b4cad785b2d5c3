"""What all arms read: a store, and its frames as movies, as image files and as arrays.

Legend: N frames, C clips, T frames of a clip, H rows, W columns.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from peers_arms import SIDE

from insonify.clips.loader import FrameReader
from insonify.clips.sampling import ClipOptions, find_clips
from insonify.core.files import new_folder, write_json
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.transfer.frames import choose_frames

CLIP = ClipOptions(size=(112, 144), crop=(1.0, 1.0), jitter_px=0.0)
_PER_VIDEO = 16
_AT_ONCE = 512


@dataclass(frozen=True, kw_only=True)
class Source:
    """Which store, and who is learnt from and tested."""

    store: Path
    split: str
    fold: int
    task: str


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Where the copies lie."""

    folder: Path

    @property
    def movies(self) -> Path:
        """A movie of every video, frame by frame as stored: POSITION OF VIDEO.mp4."""
        return self.folder / "movies"

    @property
    def images(self) -> Path:
        """Frames of training subjects: POSITION.jpg, in the one folder of a parent."""
        return self.folder / "images" / "frames"

    @property
    def labelled(self) -> Path:
        """Labelled frames and their labels: arrays."""
        return self.folder / "labelled"


def make_copies(source: Source, folder: Path) -> Copies:
    """Make the copies that are missing.

    Raises:
        SystemExit: the folder has copies of another store or split.
    """
    copies, told = Copies(folder=folder), folder / "source.json"
    store = Store.open(source.store)
    given = {"store": store.id, "split": source.split, "fold": source.fold}
    given |= {"task": source.task}
    if not told.exists():
        write_json(told, given)
    elif json.loads(told.read_text()) != given:
        sys.exit(f"{folder}: holds copies of another store or split; name a new OUT")
    made: dict[Path, Callable[[Path], None]] = {
        copies.movies: lambda out: _write_movies(store, out),
        copies.images.parent: lambda out: _write_images(store, source, out),
        copies.labelled: lambda out: _write_labelled(store, source, out),
    }
    for path, write in made.items():
        if not path.exists():
            with new_folder(path) as new:
                write(new)
    return copies


def even_clips(store: Store) -> Integers:
    """Clips whose frames are as many stored frames apart as in most clips: (C, T).

    stable-pretraining's segments have one stride, so all are given clips of one.
    """
    index = store.frames()
    clips_CT = find_clips(index, frozenset(index.subjects), CLIP)
    strides = np.diff(clips_CT, axis=1)
    even_C = (strides == np.bincount(strides.ravel()).argmax()).all(1)
    even_CT: Integers = clips_CT[even_C]
    return even_CT


def _write_movies(store: Store, out: Path) -> None:
    index = store.frames()
    ends = np.append(index.starts_V(), len(index))
    rate = round(1 / float(np.median(np.diff(index.time_s_N))))
    for video in range(len(index.video_ids)):
        frames = store.read_frames(np.arange(ends[video], ends[video + 1]))
        height, width = (side // 2 * 2 for side in frames[0].shape)
        with av.open(str(out / f"{video:06d}.mp4"), "w") as movie:
            stream = movie.add_stream("libx264", rate=rate)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            for frame_HW in frames:
                even_HW = np.ascontiguousarray(frame_HW[:height, :width])
                picture = av.VideoFrame.from_ndarray(even_HW, format="gray")
                movie.mux(stream.encode(picture))
            movie.mux(stream.encode())


def _write_images(store: Store, source: Source, out: Path) -> None:
    """The store's own JPEG, byte by byte.

    Raises:
        SystemExit: the store has another codec.
    """
    if store.settings.codec != "jpeg":
        sys.exit(
            f"store: codec is {store.settings.codec}; name one whose codec is jpeg"
        )
    index = store.frames()
    roles = store.split(source.split).roles(source.fold)
    positions = index.of_subjects(roles.train)
    (out / "frames").mkdir()
    for part in np.array_split(positions, max(1, len(positions) // _AT_ONCE)):
        images = store.read_images(index.row_N[part])
        for position, image in zip(part, images, strict=True):
            (out / "frames" / f"{position:07d}.jpg").write_bytes(image)


def _write_labelled(store: Store, source: Source, out: Path) -> None:
    chosen = choose_frames(store, source.task, _PER_VIDEO)
    reader = FrameReader(store, (SIDE, SIDE))
    parts = np.array_split(
        chosen.positions_N, max(1, len(chosen.positions_N) // _AT_ONCE)
    )
    frames_NHW = np.concatenate([reader.read(part).numpy() for part in parts])
    np.save(out / "frames.npy", frames_NHW)
    np.save(out / "labels.npy", chosen.labels_N)
    np.save(out / "subjects.npy", chosen.subjects_N)
    write_json(out / "classes.json", list(chosen.classes))
