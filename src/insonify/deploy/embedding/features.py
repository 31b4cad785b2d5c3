"""Features of a store's frames, read a few at a time.

However many there are, what is in memory is where each one stands.

Legend: N frames that have a feature, R rows of the table, D features.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import lance
import numpy as np
import pyarrow as pa

from insonify.core.errors import StoreError
from insonify.deploy.embedding.about import About, table_name
from insonify.deploy.embedding.finding import listed, only_table, open_table
from insonify.deploy.embedding.positions import positions_of
from insonify.store import Store
from insonify.store.frames import Integers
from insonify.store.place import place_of, reached
from insonify.transfer.examples import Floats

__all__ = ["Features", "open_table"]

_AT_ONCE: Final = 65_536


@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """What one encoder made of the frames of a store, as ``insonify embed`` left it.

    Frames that came since, or whose video is no longer what was seen, have no feature.
    """

    store: Store
    about: About
    dataset: lance.LanceDataset
    """The table at one version; it may hold rows of no frame, or two of one."""
    positions_N: Integers
    """Positions in ``store.frames()`` that have a feature, increasing."""
    row_N: Integers
    """Offset of each of them in the table."""

    @classmethod
    def open(cls, store: Store, encoder: str | None = None) -> "Features":
        """Open the newest features of a store.

        Args:
            store: Whose frames.
            encoder: Fingerprint of the encoder (``heads_folder.fingerprint``); None:
                the only one that there are features of.

        Raises:
            StoreError: there are none, or of several encoders; or they are of another
                store, damaged or out of reach.
        """
        name = only_table(store) if encoder is None else table_name(encoder)
        dataset = open_table(store, name)
        if dataset is None:
            raise StoreError(
                f"{store.path}: no features of this encoder; make them with `insonify "
                f"embed STORE CKPT` ({listed(store)})"
            )
        return cls.at(store, dataset)

    @classmethod
    def at(cls, store: Store, dataset: lance.LanceDataset) -> "Features":
        """The features in a table, at the version at which it is open."""
        about = About.parse(dataset.schema, dataset.uri)
        if about.store != store.id:
            raise StoreError(
                f"{dataset.uri}: features of another store; remove it and run "
                "`insonify embed`"
            )
        with reached(place_of(store.path)):
            rows = dataset.to_table(columns=["video", "index", "time_s"])
        position_R = positions_of(store.frames(), rows)
        positions_N, row_N = np.unique(position_R, return_index=True)
        first = int(np.searchsorted(positions_N, 0))
        return cls(
            store=store,
            about=about,
            dataset=dataset,
            positions_N=positions_N[first:],
            row_N=row_N[first:],
        )

    @property
    def encoder(self) -> str:
        """Fingerprint of the encoder."""
        return self.about.encoder

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        return self.about.dim

    @property
    def architecture(self) -> str:
        """Name of the encoder's architecture."""
        return self.about.architecture

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the views that the encoder saw."""
        return self.about.size

    @property
    def bytes(self) -> int:
        """What the table takes where it is, indexes and earlier versions apart."""
        fragments = self.dataset.get_fragments()
        files = [file for fragment in fragments for file in fragment.data_files()]
        return sum(file.file_size_bytes or 0 for file in files)

    def __len__(self) -> int:
        return len(self.positions_N)

    def read(self, positions: Integers) -> Floats:
        """Features of frames, in their order.

        Args:
            positions: Positions in ``store.frames()``, each in :attr:`positions_N`.

        Returns:
            float32 (n, D).

        Raises:
            StoreError: a frame has no feature, or the table cannot be read.
        """
        row_n = self.row_N[self._places(np.asarray(positions, np.int64))]
        features_nD = np.empty((len(row_n), self.dim), np.float32)
        for first in range(0, len(row_n), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            features_nD[part] = self._vectors(row_n[part])
        return features_nD

    def of_video(self, video: str) -> tuple[Integers, Floats]:
        """Features of those frames of a video that have one.

        Returns:
            Frame numbers (n,), increasing, and float32 (n, D).

        Raises:
            StoreError: there is no such video, or the table cannot be read.
        """
        index = self.store.frames()
        number = bisect_left(index.video_ids, video)
        if index.video_ids[number : number + 1] != (video,):
            raise StoreError(f"no video {video!r} in {self.store.path}")
        first, end = np.searchsorted(index.video_N, (number, number + 1))
        low, high = np.searchsorted(self.positions_N, (first, end))
        positions_n = self.positions_N[low:high]
        return positions_n - first, self.read(positions_n)

    def _places(self, positions_n: Integers) -> Integers:
        """Places in :attr:`positions_N`."""
        place_n = np.searchsorted(self.positions_N, positions_n)
        known_n = np.append(self.positions_N, -1)[place_n] == positions_n
        if not known_n.all():
            raise StoreError(
                f"{(~known_n).sum()} of {len(positions_n)} frames have no feature (the "
                f"first at position {positions_n[~known_n][0]}); run `insonify embed` "
                "again to add what is new"
            )
        return place_n

    def _vectors(self, row_n: Integers) -> np.ndarray:
        """Vectors at offsets in the table: float16 (n, D).

        Rows that follow one another, such as a video's, are read in one go, which costs
        a third of taking them one by one (65 536 of 512 features: 0.1 and 0.4 s).
        """
        in_a_row = len(row_n) > 0 and bool(np.all(np.diff(row_n) == 1))
        rows, place_n = np.unique(row_n, return_inverse=True)
        with reached(place_of(self.store.path)):
            if in_a_row:
                scan = self.dataset.scanner(["vector"], offset=rows[0], limit=len(rows))
                table = scan.to_table()
            else:
                table = self.dataset.take(pa.array(rows), columns=["vector"])
        vectors = table["vector"].combine_chunks().flatten().to_numpy()
        vectors_nD = vectors.reshape(-1, self.dim)
        return vectors_nD if in_a_row else np.asarray(vectors_nD[place_n])
