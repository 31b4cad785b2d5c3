"""Read gaze, find its videos, map it, write it: from eye tracker files to a store."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.deidentify import (
    add_to_linkage,
    default_key_path,
    file_pseudonym,
    linkage_path,
    pseudonym,
    site_key,
)
from insonify.ingest.gaze.options import GazeImportOptions
from insonify.ingest.gaze.placing import place
from insonify.ingest.gaze.samples import GazeSamples
from insonify.ingest.gaze.sources import Sources, pictures
from insonify.ingest.gaze.summary import COUNTS, GazeSummary, Refusal
from insonify.store import Store, VideoGaze


def import_gaze(
    source: Path,
    store_path: Path,
    options: GazeImportOptions,
    on_file: Callable[[int], None] = lambda _: None,
) -> GazeSummary:
    """Add gaze to the videos of a store; all that could be placed, or nothing.

    Args:
        source: The file or folder that was ingested.
        store_path: The store.
        options: Which gaze, and how.
        on_file: Called after each file with the number of files.

    Raises:
        ConfigError: an option is missing or wrong.
        StoreError: there is no store, or videos have gaze already.
    """
    files = options.files()
    if not source.exists():
        raise ConfigError(f"{source}: no such file or folder")
    key_path = options.key or default_key_path()
    if not key_path.exists():
        raise ConfigError(f"{key_path}: no site key; name that of the store with --key")
    store, key = Store.open(store_path), site_key(key_path)
    summary = GazeSummary(linkage=linkage_path(key_path, store.id), files=len(files))
    importer = _Importer(store, Sources(source, store_path, key), key, options, summary)
    for path in files:
        importer.take(path)
        on_file(len(files))
    store.write_gaze(importer.gathered(), overwrite=options.overwrite)
    add_to_linkage(summary.linkage, importer.linkage)
    return summary


class _Importer:
    """Takes files one by one and keeps count."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        key: bytes,
        options: GazeImportOptions,
        summary: GazeSummary,
    ) -> None:
        self.pictures = pictures(store)
        self.sources, self.key = sources, key
        self.options, self.summary = options, summary
        self.placed: defaultdict[str, list[VideoGaze]] = defaultdict(list)
        self.linkage: list[tuple[str, str, str]] = []

    def take(self, path: Path) -> None:
        """Read a file and place what is in it; a refusal is counted."""
        folder = self.options.gaze if self.options.gaze.is_dir() else path.parent
        file = file_pseudonym(self.key, path.relative_to(folder), path.stat())
        try:
            found = self.options.read(path)
        except IngestError as error:
            self._refuse(self.summary.unreadable, (file, str(path), str(error)), 0)
            return
        self.linkage.append((file, str(path), "gaze read"))
        for samples in found:
            self._place(samples, (file, str(path)))

    def _place(self, samples: GazeSamples, file: tuple[str, str]) -> None:
        count = len(samples.times_s_G)
        name = self.options.video or samples.video
        if name is None:
            reason = "the file names no video; pass --video PATH"
            self._refuse(self.summary.unreadable, (*file, reason), count)
            return
        hidden = pseudonym(self.key, "f", name)
        try:
            video = self.sources.video(name)
            if video not in self.pictures:
                raise IngestError("the video is not in the store; ingest it first")
        except IngestError as error:
            self._refuse(self.summary.absent, (hidden, name, str(error)), count)
            return
        try:
            placed = place(samples, self.pictures[video], self.options.placing)
        except IngestError as error:
            self._refuse(self.summary.misplaced, (video, name, str(error)), count)
            return
        self.placed[video].append(placed.gaze)
        for kind in COUNTS:
            self.summary.counts[kind] += getattr(placed, kind)

    def _refuse(
        self, refusals: list[Refusal], row: tuple[str, str, str], samples: int
    ) -> None:
        self.linkage.append(row)
        refusals.append(Refusal(row[0], samples, row[2]))

    def gathered(self) -> dict[str, VideoGaze]:
        """The gaze of each video: of several eyes or people in the order of time."""
        self.summary.videos = len(self.placed)
        return {video: _merge(parts) for video, parts in self.placed.items()}


def _merge(parts: list[VideoGaze]) -> VideoGaze:
    times_s_G = np.concatenate([part.times_s_G for part in parts])
    order = np.argsort(times_s_G, kind="stable")
    return VideoGaze(
        times_s_G=times_s_G[order],
        points_G2=np.concatenate([part.points_G2 for part in parts])[order],
        sigma_G2=np.concatenate([part.sigma_G2 for part in parts])[order],
    )
