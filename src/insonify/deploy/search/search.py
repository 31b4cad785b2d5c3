"""The frames of a store that are most similar to a vector.

Legend: F frames of the store, N frames that have features, V videos, B vectors asked
for, D features, n frames among which is searched.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from insonify.deploy.embedding.features import Features
from insonify.deploy.search.exact import similarities
from insonify.deploy.search.filters import Allowed, Wanted
from insonify.deploy.search.hits import Found, Hit, Limits
from insonify.deploy.search.indexed_rows import Effort, IndexedRows
from insonify.deploy.search.ranking import best, direction
from insonify.store import FrameIndex, Store
from insonify.store.frames import Integers
from insonify.transfer.examples import Floats


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Search:
    """Searches the features of a store; safe to use from several threads.

    Where there is an index a search first asks it for the nearest rows, and then for
    more of them, until enough of them are wanted frames of enough videos. Of few wanted
    frames, or if that does not lead to enough, it looks at all wanted frames.
    """

    store: Store
    features: Features
    index: FrameIndex
    """The store's frames when they were opened: it may go on under a search."""
    starts_V: Integers
    """Position of the first frame of each video."""
    frames_V: Integers
    """How many frames of each video have features."""
    rows: IndexedRows | None
    """None where there is no index."""
    effort: Effort = field(default_factory=Effort)

    @classmethod
    def open(cls, store: Store, features: Features) -> "Search":
        """Search the features of a store, with the index that they have now."""
        index = store.frames()
        return cls(
            store=store,
            features=features,
            index=index,
            starts_V=index.starts_V(),
            frames_V=np.bincount(
                index.video_N[features.positions_N], minlength=len(index.video_ids)
            ),
            rows=IndexedRows.of(features),
        )

    @property
    def indexed(self) -> bool:
        """Whether there is an index."""
        return self.rows is not None

    def near(
        self,
        vector_D: npt.ArrayLike,
        count: int = 12,
        *,
        per_video: int = 1,
        subjects: frozenset[str] | None = None,
        without_subjects: frozenset[str] = frozenset(),
        videos: frozenset[str] | None = None,
        without_videos: frozenset[str] = frozenset(),
        labels: tuple[str, str] | None = None,
        exact: bool = False,
    ) -> list[Hit]:
        """The frames most similar to a vector.

        Frames that have come since are not found: open both again.

        Args:
            vector_D: Features by the encoder that the store's features are of.
            count: How many frames; fewer come where no more are wanted.
            per_video: How many of one video, whose frames are much alike.
            subjects: Only of these; None: of any.
            without_subjects: Not of these.
            videos: Only of these; None: of any.
            without_videos: Not of these.
            labels: Task and label; only frames that carry it.
            exact: Look at every frame even if there is an index.

        Returns:
            The best first.

        Raises:
            ConfigError: the vector is not one of these features, or a number is not
                positive.
            StoreError: the store knows no such subject, video, task or label, or cannot
                be read.
        """
        wanted = Wanted(
            subjects=subjects,
            without_subjects=without_subjects,
            videos=videos,
            without_videos=without_videos,
            labels=labels,
        )
        limits = Limits(count=count, per_video=per_video)
        return self.find(vector_D, wanted, limits, exact=exact)

    def find(
        self,
        vector_D: npt.ArrayLike,
        wanted: Wanted,
        limits: Limits,
        *,
        exact: bool = False,
    ) -> list[Hit]:
        """The same with the conditions in one; see :meth:`near`."""
        unit_D = direction(vector_D, self.features.dim)
        allowed = wanted.among(self.store, self.index)
        found = None
        if self.rows is not None and not exact:
            found = self._by_index(self.rows, unit_D, allowed, limits)
        if found is None:
            positions_N = self.features.positions_N
            positions_n = positions_N[allowed(positions_N)]
            found = self._exactly(unit_D, positions_n, limits)
        return self._hits(*found)

    def best(self, similar_n: Floats, positions_n: Integers, limits: Limits) -> Found:
        """The most similar of some frames."""
        chosen = best(
            similar_n,
            positions_n,
            self.index.video_N[positions_n],
            count=limits.count,
            per_video=limits.per_video,
        )
        return Found(positions_n[chosen], similar_n[chosen])

    def _by_index(
        self, table: IndexedRows, unit_D: Floats, allowed: Allowed, limits: Limits
    ) -> Found | None:
        """What is most similar by the index; None if it does not lead to enough."""
        effort, more = self.effort, limits.times(self.effort.again)
        wanted, total = self._count(allowed), len(self.features)
        if wanted <= effort.few:
            return None
        rows, probes = effort.first_look(limits.count, wanted, total)
        for wider in effort.wider:
            if rows * wider > effort.most:
                return None
            position_n, similar_n = table.nearest(unit_D, rows * wider, probes * wider)
            kept_n = allowed(position_n)
            found = self.best(similar_n[kept_n], position_n[kept_n], more)
            # The index holds vectors of 8 bits: what it finds is compared again.
            found = self._exactly(unit_D, found.positions, limits)
            if len(found.positions) == limits.count:
                return found
        return None

    def _count(self, allowed: Allowed) -> int:
        """How many frames that have features may be found."""
        if allowed.allowed_F is None:
            return int(self.frames_V[allowed.allowed_V].sum())
        return int(allowed(self.features.positions_N).sum())

    def _exactly(self, unit_D: Floats, positions_n: Integers, limits: Limits) -> Found:
        """What is most similar of some frames, each of which is looked at."""
        (similar_n,) = similarities(self.features, unit_D[None], positions_n)
        return self.best(similar_n, positions_n, limits)

    def _hits(self, positions_n: Integers, similar_n: Floats) -> list[Hit]:
        index = self.index
        return [
            Hit(
                position=position,
                video=index.video_ids[video],
                frame=position - int(self.starts_V[video]),
                subject=index.subjects[video],
                time_s=float(index.time_s_N[position]),
                similarity=similarity,
            )
            for position, similarity, video in zip(
                positions_n.tolist(),
                similar_n.tolist(),
                self.index.video_N[positions_n].tolist(),
                strict=True,
            )
        ]
