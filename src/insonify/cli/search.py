"""``insonify search``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from rich.markup import escape
from rich.table import Table

from insonify.cli.console import console
from insonify.core.errors import ConfigError
from insonify.core.files import write_bytes
from insonify.deploy.embedding.features import Features
from insonify.deploy.heads_folder import fingerprint
from insonify.deploy.search.asked import (
    Asked,
    asked_frame,
    asked_picture,
    position_of,
)
from insonify.deploy.search.filters import Wanted
from insonify.deploy.search.hits import Limits
from insonify.deploy.search.listing import Listing
from insonify.deploy.search.names import only
from insonify.deploy.search.recall import recall
from insonify.deploy.search.search import Search as FrameSearch
from insonify.deploy.search.sheet import asked_name, contact_sheet
from insonify.ingest.clean import CleanOptions
from insonify.model.checkpoint import Checkpoint, load_checkpoint
from insonify.store import Store


@dataclass(frozen=True, kw_only=True)
class Search:
    """Find the frames of a store that look most like a frame of it, or like a picture.

    A store is searched by the features that `insonify embed` keeps in it. Of each video
    only its most similar frame is shown, as the frames around it look the same.
    """

    store: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STORE")]
    """The store to search."""
    like: Annotated[str | None, tyro.conf.arg(metavar="VIDEO@SECONDS")] = None
    """The frame to search for, as VIDEO@12.3s or VIDEO#417 (the frame's number); the
    beginning of a video's name will do."""
    image: Path | None = None
    """A still to search for (PNG, JPEG, DICOM, …), read and cleaned as by ingest; needs
    --checkpoint."""
    checkpoint: Path | None = None
    """Run folder or checkpoint of the encoder whose features to search; may be left out
    if the store has features of only one."""
    count: int = 12
    """How many frames to find."""
    per_video: int = 1
    """How many of one video."""
    same_video: bool = False
    """Search the video of the frame itself too."""
    other_subjects: bool = False
    """Leave out all videos of the subject of the frame."""
    subject: tuple[str, ...] = ()
    """Search only these subjects; the beginnings of their names will do."""
    not_subject: tuple[str, ...] = ()
    """Leave these subjects out."""
    label: Annotated[str | None, tyro.conf.arg(metavar="TASK=LABEL")] = None
    """Search only frames that carry this label."""
    exact: bool = False
    """Compare with every frame, even if there is an index that is quicker."""
    recall: Annotated[int | None, tyro.conf.arg(metavar="FRAMES")] = None
    """Search for so many frames drawn from the store instead, and tell how much of what
    there is the index finds."""
    out: Path | None = None
    """Write what is found to this CSV file."""
    page: Path | None = None
    """Draw what is found on this HTML page; it holds pictures of patients."""
    overwrite: bool = False
    """Replace the files if they are there."""
    view: int = 1
    """Which image of a still that shows several side by side."""
    cleaning: Annotated[
        tyro.conf.OmitArgPrefixes[CleanOptions], tyro.conf.arg(name="")
    ] = field(default_factory=CleanOptions)

    def run(self) -> int:
        """Search and show what is found; 0 when done, 1 if nothing is."""
        self._check()
        store = Store.open(self.store)
        checkpoint = (
            None if self.checkpoint is None else load_checkpoint(self.checkpoint)
        )
        encoder = None if checkpoint is None else fingerprint(checkpoint)
        search = FrameSearch.open(store, Features.open(store, encoder))
        if self.recall is not None:
            return self._measure(search, self.recall)
        asked = self._asked(search, checkpoint)
        if asked.views > 1:
            console.print(f"Image {self.view} of {asked.views}; see --view.")
        limits = Limits(count=self.count, per_video=self.per_video)
        wanted = self._wanted(store, asked)
        hits = search.find(asked.vector_D, wanted, limits, exact=self.exact)
        listing = Listing.of(store, hits)
        console.print(_table(listing, f"like {asked_name(store, asked)}"))
        if len(hits) < self.count:
            console.print(f"No more than {len(hits)} of {self.count} are there.")
        self._write(search, asked, listing)
        return 0

    def _check(self) -> None:
        """Refuse what makes no sense before anything is read."""
        given = [self.like, self.image, self.recall]
        if sum(each is not None for each in given) != 1:
            raise ConfigError(
                "name what to search for, either --like VIDEO@SECONDS or --image FILE, "
                "or measure the index with --recall FRAMES"
            )
        if self.image is not None and self.checkpoint is None:
            raise ConfigError(
                "--image needs --checkpoint CKPT, the encoder that `insonify embed` "
                "was given, to make features of the picture"
            )
        if self.image is not None and (self.same_video or self.other_subjects):
            raise ConfigError(
                "--same-video and --other-subjects are about a frame of the store; "
                "leave them out with --image"
            )
        if self.page is not None and self.page.suffix != ".html":
            raise ConfigError(
                f"{self.page}: ends in {self.page.suffix!r}; end it in .html"
            )
        for path in (self.out, self.page):
            if path is not None and path.exists() and not self.overwrite:
                raise ConfigError(
                    f"{path}: exists; name another file or pass --overwrite"
                )

    def _asked(self, search: FrameSearch, checkpoint: Checkpoint | None) -> Asked:
        if self.image is not None and checkpoint is not None:
            return asked_picture(self.image, checkpoint, self.cleaning, view=self.view)
        position = position_of(search.store.frames(), self.like or "")
        return asked_frame(search.store, search.features, position)

    def _wanted(self, store: Store, asked: Asked) -> Wanted:
        """What may be found, by the options and the frame."""
        index = store.frames()
        subjects, without, own = (
            {only(index.subjects, name, "subject") for name in names}
            for names in (self.subject, self.not_subject, ())
        )
        if asked.position is not None:
            video = index.video_N[asked.position]
            if self.other_subjects:
                without.add(index.subjects[video])
            if not self.same_video:
                own.add(index.video_ids[video])
        return Wanted(
            subjects=frozenset(subjects) if self.subject else None,
            without_subjects=frozenset(without),
            without_videos=frozenset(own),
            labels=_task_and_label(self.label),
        )

    def _write(self, search: FrameSearch, asked: Asked, listing: Listing) -> None:
        if self.out is not None:
            write_bytes(self.out, listing.csv())
            console.print(f"Table: {self.out}", soft_wrap=True)
        if self.page is not None:
            facts = self._facts(search)
            page = contact_sheet(search.store, asked, listing, facts)
            write_bytes(self.page, page.encode())
            console.print(f"Contact sheet: {self.page}", soft_wrap=True)

    def _facts(self, search: FrameSearch) -> dict[str, str]:
        """How it was searched, for the page."""
        features = search.features
        by_index = search.indexed and not self.exact
        named = {
            "subjects": ", ".join(self.subject),
            "without": ", ".join(self.not_subject),
            "label": self.label or "",
        }
        return {
            "encoder": f"{features.architecture}, {features.encoder[:12]}",
            "searched": f"{len(features)} frames, "
            + ("with an index" if by_index else "each of them"),
            "frames of one video": f"at most {self.per_video}",
            **{name: value for name, value in named.items() if value},
        }

    def _measure(self, search: FrameSearch, queries: int) -> int:
        found = recall(
            search, count=self.count, per_video=self.per_video, queries=queries
        )
        console.print(
            f"Of the {self.count} most similar frames of other videos the index finds "
            f"{found.share:.1%} (mean over {found.queries} frames), in "
            f"{1000 * found.seconds:.1f} ms a search.",
            soft_wrap=True,
        )
        return 0


def _task_and_label(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    task, sign, label = text.partition("=")
    if not (task and sign and label):
        raise ConfigError(f"--label {text}: write TASK=LABEL, such as plane=head")
    return task, label


def _table(listing: Listing, title: str) -> Table:
    table = Table("", "video", title=escape(title))
    for name in ("frame", "time", "cosine"):
        table.add_column(name, justify="right")
    table.add_column("subject")
    if listing.tasks:
        table.add_column("label")
    for number, hit in enumerate(listing.hits):
        figures = f"{hit.frame}", f"{hit.time_s:.2f} s", f"{hit.similarity:.4f}"
        labels = [escape(listing.said(number))] if listing.tasks else []
        table.add_row(str(number + 1), hit.video, *figures, hit.subject, *labels)
    return table
