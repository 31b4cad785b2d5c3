"""Plans what there is to ingest, before anything is read: cheap, and complete."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from insonify.ingest.deidentify import file_pseudonym, pseudonym
from insonify.ingest.folder.folder_options import FolderOptions
from insonify.ingest.folder.image_folder import one_series
from insonify.ingest.folder.listing import Listed, Listing, Way
from insonify.ingest.folder.scratch import Scratch
from insonify.ingest.folder.walk import Found, natural

_SERIES: Final = (
    "the names of the images differ in more than numbers, so that they are not one "
    "video; put each series into a folder of its own"
)

_ABSENT: Final = "the file is listed, but not there; copy it and run this again"


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A recording to be read: a file, a member of an archive, or images."""

    file: str
    """Its pseudonym; another if it changes."""
    relative: str
    """Path within the folder; ``archive.zip/member`` for a member."""
    archive: Found | None = None
    """The archive that it is in."""
    ways: tuple[Way, ...] = ()
    """Where it is in the archive; of images, each."""
    images: tuple[str, ...] = ()
    """Names of the images in ``relative`` that are its frames."""
    refused: str | None = None
    """Why it is not to be read, if it is not."""


def plan(
    source: Path,
    options: FolderOptions,
    *,
    key: bytes,
    scratch: Scratch,
    ignored: Iterable[Path] = (),
) -> Iterator[Planned]:
    """All that is in a folder, or the share of it that the options name.

    Args:
        source: A folder, or one file.
        options: What is a recording, and how far to unpack.
        key: The site's key.
        scratch: Where archives in archives are unpacked to be listed.
        ignored: Files and folders to leave out.
    """
    share = options.share()
    images: dict[str, list[Listed]] = {}
    for listed in Listing(source, options, scratch).files(ignored):
        if listed.image:
            folder = posixpath.dirname(listed.relative) or "."
            images.setdefault(folder, []).append(listed)
        elif share.holds(listed.relative):
            yield _one(listed, key)
    for folder, group in images.items():
        planned = _video(folder, group, key) if len(group) > 1 else _one(group[0], key)
        if share.holds(planned.relative):
            yield planned


def plan_files(root: Path, files: Iterable[Path], *, key: bytes) -> Iterator[Planned]:
    """The files that a list names, relative to ``root``, there or not."""
    for path in files:
        relative = path.as_posix()
        try:
            file = file_pseudonym(key, path, (root / path).stat())
        except OSError:
            file = pseudonym(key, "f", relative)
            yield Planned(file=file, relative=relative, refused=_ABSENT)
        else:
            yield Planned(file=file, relative=relative)


def _one(listed: Listed, key: bytes) -> Planned:
    return Planned(
        file=_pseudonym(listed.identity, key),
        relative=listed.relative,
        archive=listed.archive,
        ways=(listed.way,) if listed.archive else (),
        refused=listed.refused,
    )


def _video(folder: str, group: list[Listed], key: bytes) -> Planned:
    group = sorted(group, key=lambda image: natural(image.relative))
    names = tuple(posixpath.basename(image.relative) for image in group)
    archive = group[0].archive
    return Planned(
        file=_pseudonym("\0".join(["images", *(i.identity for i in group)]), key),
        relative=folder,
        archive=archive,
        ways=tuple(image.way for image in group) if archive else (),
        images=names,
        refused=None if one_series(names) else _SERIES,
    )


def _pseudonym(identity: str, key: bytes) -> str:
    # Names of files are bytes, in whatever encoding.
    return pseudonym(key, "f", identity.encode("utf-8", "surrogateescape"))
