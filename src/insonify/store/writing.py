"""How videos are written, and how they become visible: frames, labels, videos' rows.

Killed between two of these steps, a commit leaves rows of no video, which nobody sees,
and the next run writes the video anew.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from lance.fragment import FragmentMetadata

from insonify.core.errors import StoreError
from insonify.core.heap import give_back
from insonify.core.video import Video
from insonify.store.batches import frame_batches
from insonify.store.parts import VideoParts
from insonify.store.rows import SCHEMAS, Label, Reject, StoreSettings, VideoEntry
from insonify.store.tables import Tables
from insonify.store.tidying import compact_if_many
from insonify.store.writes import first_of_each, new_write

Rows = dict[str, dict[str, Any]]
"""Rows by video."""


def commit(
    tables: Tables,
    videos: Sequence[VideoEntry],
    rejects: Sequence[Reject],
    labels: Sequence[Label],
) -> frozenset[str]:
    """Add videos, their labels and rejects; see :meth:`Store.commit`."""
    named = {str(entry.row["video"]) for entry in videos}
    there = _there(tables, named | {label.video for label in labels})
    new, late = _apart(videos, there)
    known = there | {video: entry.row for video, entry in new.items()}
    rows = _labels(labels, known, left_out=named - new.keys())
    fragments = [part for entry in new.values() for part in fragments_of(entry)]
    tables.append("frames", fragments)
    compact_if_many(tables, "frames")
    _append(tables, "labels", rows)
    _append(tables, "videos", [entry.row for entry in new.values()])
    now = _there(tables, named)
    late += [
        entry
        for video, entry in new.items()
        if entry.row["write"] != now[video]["write"]
    ]
    refused = [*rejects, *_known_content(late, now)]
    _append(tables, "rejects", [asdict(reject) for reject in refused])
    tables.refresh()
    tables.forget()
    give_back()
    return frozenset(str(entry.row["video"]) for entry in late)


def write_video(
    tables: Tables, settings: StoreSettings, parts: Iterable[Video], file: str
) -> VideoEntry:
    """Write a video that comes in parts; see :meth:`Store.write_video`."""
    video = VideoParts(file, new_write())
    fragments: list[FragmentMetadata] = []
    try:
        for part in parts:
            batches = frame_batches(
                part, settings, before=video.frames, write=video.write
            )
            video.add(part)
            fragments += tables.write("frames", batches)
            # The next part is made before the loop lets go of this one.
            del batches, part
            give_back()
        row = video.row()
    except BaseException:
        tables.discard("frames", fragments)
        raise
    return VideoEntry(
        row=row, fragments=tuple(json.dumps(one.to_json()) for one in fragments)
    )


def fragments_of(entry: VideoEntry) -> list[FragmentMetadata]:
    """The fragments that hold a video's frames."""
    return [FragmentMetadata.from_json(part) for part in entry.fragments]


def discard(tables: Tables, entry: VideoEntry) -> None:
    """Remove the frames of a video that was and will not be committed."""
    tables.discard("frames", fragments_of(entry))


def _there(tables: Tables, videos: Collection[str]) -> Rows:
    """What the newest version says of videos that it has."""
    tables.refresh("videos")
    if not videos:
        return {}
    names = ", ".join(f"'{video}'" for video in sorted(videos))
    rows = tables.read("videos", ["video", "file", "write"], f"video IN ({names})")
    return {row["video"]: row for row in first_of_each(rows).to_pylist()}


def _apart(
    entries: Iterable[VideoEntry], there: Rows
) -> tuple[dict[str, VideoEntry], list[VideoEntry]]:
    """Those that are new, by video, and those of which another is there or new."""
    new: dict[str, VideoEntry] = {}
    late = []
    for entry in entries:
        video = str(entry.row["video"])
        if video not in there and video not in new:
            new[video] = entry
        elif video in new or there[video]["write"] != entry.row["write"]:
            late.append(entry)
    return new, late


def _labels(labels: Iterable[Label], known: Rows, left_out: set[str]) -> list[Any]:
    """Rows of labels, each once, that belong to the write of their video."""
    rows = []
    for label in dict.fromkeys(labels):
        if label.video in left_out:
            continue
        if label.video not in known:
            raise StoreError(f"{label.video}: no such video in the store; ingest it")
        rows.append(asdict(label) | {"write": known[label.video]["write"]})
    return rows


def _known_content(late: Iterable[VideoEntry], now: Rows) -> list[Reject]:
    """Rejects of the files whose content is there already, from another file."""
    found = []
    for entry in late:
        video, file = str(entry.row["video"]), str(entry.row["file"])
        if file != now[video]["file"]:
            reason = f"the same content as {video}, which is in the store"
            found.append(Reject(file=file, reason=reason))
    return found


def _append(tables: Tables, name: str, rows: list[Any]) -> None:
    if rows:
        table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
        tables.append(name, tables.write(name, table))
        compact_if_many(tables, name)
