"""All that pages and routes may ask for: one method a route, and no user interface.

Every method may be called from any thread, takes less than 50 ms unless it says so, and
returns plain values that JSON can hold. What it refuses is a ``Refusal``, whose message
names no path.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from insonify.deploy.labelling.options import LabellingOptions
from insonify.deploy.review.archive import Archive
from insonify.deploy.review.book import Book
from insonify.deploy.review.decisions import Decisions, checked_name
from insonify.deploy.review.doubts import Doubts
from insonify.deploy.review.export import Export, exported
from insonify.deploy.review.images import Image, Images
from insonify.deploy.review.insight import Insight
from insonify.deploy.review.options import DeskOptions
from insonify.deploy.review.overview import overview
from insonify.deploy.review.plain import (
    Plain,
    best_of_each,
    plain_fit,
    plain_hit,
    plain_labels,
    plain_planes,
    plain_point,
    plain_queued,
    plain_scan,
)
from insonify.deploy.review.refusals import Refusal
from insonify.deploy.review.saliency import Saliency
from insonify.model.checkpoint import Checkpoint
from insonify.store import Store

Notice = Callable[[str], None]
_MOST_CLASSES: Final = 100
"""Beyond which an app takes no more."""


class Desk:
    """A store under review, with or without an encoder that looks along."""

    def __init__(
        self,
        path: Path,
        options: DeskOptions | None = None,
        checkpoint: Checkpoint | None = None,
        on_notice: Notice = lambda _: None,
    ) -> None:
        """Open the desk; nothing is learnt before :meth:`start`.

        Args:
            path: The store that is reviewed; labels are written to it.
            options: How.
            checkpoint: The encoder whose features are looked at, and whose maps are
                drawn; None: the only features that the store has, and no maps.
            on_notice: Told what went wrong in the background, in whole sentences; from
                another thread.

        Raises:
            ConfigError: the store has several tasks and none is named, or the split has
                no such fold.
            StoreError: there is no store or no such split, or it is out of reach.
        """
        options = options or DeskOptions()
        store = Store.open(path)
        options = options.resolved(store, checkpoint)
        self.task = str(options.task)
        self._options = options
        self._archive = Archive(store)
        self._images = Images(self._archive)
        self._book = Book(self._archive, self.task)
        self._decisions = Decisions(self._archive, self._book)
        self._insight = Insight(
            path,
            checkpoint,
            LabellingOptions(
                task=self.task, split=options.split, fold=options.fold or 0
            ),
            self._archive,
            on_notice,
        )
        self._doubts = Doubts(self._insight, self._book)
        self._saliency = Saliency(path, checkpoint, options, on_notice)
        self._classes = list(dict.fromkeys(options.classes))
        self._naming = Lock()

    def start(self) -> None:
        """Begin to learn in the background: the head on labels, saliency on gaze."""
        self._insight.start()
        self._saliency.start()

    def close(self) -> None:
        """End what runs in the background; waits for it a few seconds."""
        self._insight.close()
        self._doubts.close()
        self._saliency.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def classes(self) -> list[str]:
        """Classes to offer; one that comes, comes last, since keys stand for them."""
        with self._naming:
            new = [name for name in self._book.classes() if name not in self._classes]
            self._classes.extend(new)
            return list(self._classes)

    def state(self) -> Plain:
        """What there is; ``labels`` counts the stretches that are labelled.

        ``version`` grows when the head is refitted, ``revision`` with every label.

        ``heads`` is ``learning`` while the linear head or saliency is learnt for the
        first time, then ``ready`` if one of them could be.
        """
        catalogue = self._archive.now()
        self._insight.look()
        self._doubts.look(catalogue)
        return {
            "store": {
                "videos": len(catalogue.entries),
                "subjects": catalogue.subjects,
                "frames": len(catalogue.index),
            },
            "task": self.task,
            "classes": self.classes,
            "author_hint": self._options.author or None,
            "checkpoint": self._insight.architecture,
            "heads": self._heads(),
            "refitting": self._insight.busy,
            "labels": sum(map(len, self._book.spans().values())),
            "version": self._insight.version,
            "revision": self._book.revision,
        }

    def scans(self) -> list[Plain]:
        """All videos, by subject, exam and video; ``labels`` counts stretches."""
        catalogue = self._archive.now()
        self._doubts.look(catalogue)
        return overview(catalogue, self._book.spans(), self._doubts.known)

    def scan(self, video: str) -> Plain:
        """One video: times, segments, classes, and what can be asked of it."""
        entry = self._archive.now()[video]
        return {
            **plain_scan(entry),
            "task": self.task,
            "classes": self.classes,
            "similar": self._insight.searchable,
            "saliency": self._saliency.state == "ready",
        }

    def frame(self, video: str, i: int) -> Image:
        """A frame as it is stored: its bytes and their media type."""
        entry = self._archive.now()[video]
        return self._images.frame(entry, entry.number(i))

    def thumbnail(self, video: str, i: int) -> Image:
        """A frame as JPEG, at most 160 pixels wide."""
        entry = self._archive.now()[video]
        return self._images.thumbnail(entry, entry.number(i))

    def saliency(self, video: str, i: int) -> Image:
        """Where one would look: a PNG with opacity, of the frame's size; < 1 s."""
        entry = self._archive.now()[video]
        return self._saliency.picture(entry, entry.number(i), self._images)

    def planes(self, video: str) -> Plain:
        """Probabilities of every frame, and the best frame of every class; < 1 s."""
        entry = self._archive.now()[video]
        return plain_planes(entry, self._insight.planes(entry))

    def labels(self, video: str, author: str = "") -> Plain:
        """What holds, and whether ``author`` can undo and redo."""
        entry = self._archive.now()[video]
        return plain_labels(entry, self._book, author)

    def label(
        self,
        video: str,
        label: str | None,
        start_s: float | None,
        end_s: float | None,
        author: str,
    ) -> Plain:
        """Label the frames of an interval, or clear them; as :meth:`labels`.

        It is on disk when this returns.
        """
        entry = self._archive.now()[video]
        if label is not None and label not in self.classes:
            raise Refusal(f"no class {label!r}; add it first")
        self._decisions.label(entry, label, (start_s, end_s), author)
        return self.labels(video, author)

    def undo(self, video: str, author: str) -> Plain:
        """Take back the author's last decision that stands; as :meth:`labels`."""
        self._decisions.undo(self._archive.now()[video], author)
        return self.labels(video, author)

    def redo(self, video: str, author: str) -> Plain:
        """Take back the author's last undo; as :meth:`labels`."""
        self._decisions.redo(self._archive.now()[video], author)
        return self.labels(video, author)

    def similar(self, video: str, i: int, count: int = 12) -> list[Plain]:
        """Frames of other videos that look alike, best first; < 200 ms."""
        catalogue = self._archive.now()
        entry = catalogue[video]
        hits = self._insight.similar(entry, entry.number(i), count)
        return [
            plain_hit(hit, self._book.labels_at(catalogue[hit.video], hit.frame))
            for hit in hits
        ]

    def export(self, video: str) -> Export:
        """Key frames and tables as a zip: its name, size and pieces; seconds."""
        entry = self._archive.now()[video]
        found = self._insight.planes(entry)
        return exported(
            entry,
            self._images,
            stretches=self._book.stretches(entry),
            classes=found.classes,
            table_TC=found.table_TC,
            best=best_of_each(entry, found),
        )

    def queue(self, count: int = 12, *, held_out: bool = False) -> list[Plain]:
        """What to label next; < 1 s.

        Args:
            count: How many frames.
            held_out: Frames of the subjects that the curve is measured on, at random:
                without labels of theirs there is no curve.
        """
        return list(map(plain_queued, self._insight.queue(count, held_out=held_out)))

    def curve(self) -> list[Plain]:
        """Macro F1 on held-out subjects against labelled frames."""
        return list(map(plain_point, self._insight.curve()))

    def refit(self) -> Plain:
        """Learn the head anew from the labels as they are now; seconds."""
        return plain_fit(*self._insight.refit())

    def add_class(self, label: str) -> Plain:
        """Offer one more class for as long as the app runs; as :meth:`state`."""
        checked_name("label", label)
        if len(self.classes) >= _MOST_CLASSES:
            raise Refusal(f"there are {_MOST_CLASSES} classes already")
        with self._naming:
            if label not in self._classes:
                self._classes.append(label)
        return self.state()

    def _heads(self) -> str:
        if self._saliency.state == "learning" or self._insight.beginning:
            return "learning"
        ready = self._saliency.state == "ready" or self._insight.fitted
        return "ready" if ready else "none"
