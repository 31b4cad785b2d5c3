"""Features in a file of their own, for other programs.

Legend: N frames, D features.
"""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from insonify.core.errors import ConfigError
from insonify.core.files import new_file
from insonify.deploy.embedding.features import Features
from insonify.store.frames import Integers

_AT_ONCE: Final = 16_384
_KEY: Final = b"insonify.features"


def check_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before there is any work.

    Raises:
        ConfigError: its ending is none that features have, or it is there.
    """
    if path.suffix not in _WRITERS:
        raise ConfigError(
            f"{path}: ends in {path.suffix!r}; end it in {' or '.join(_WRITERS)}"
        )
    if path.exists() and not overwrite:
        raise ConfigError(f"{path}: exists; name another file or pass --overwrite")


def write_features(path: Path, features: Features, *, overwrite: bool = False) -> None:
    """Write features with their frames to a file, atomically.

    Both kinds hold, frame by frame in the order of ``store.frames()``, ``video``,
    ``frame`` (its number in the video), ``time_s``, ``subject`` and ``vector``
    (float32: few programs know half precision), and what the table says of itself as
    JSON. A part of the features is in memory at a time.

    Args:
        path: Ends in ``.parquet``, or in ``.npz`` for
            ``numpy.load(path, allow_pickle=False)``.
        features: What to write.
        overwrite: Replace the file if it is there.

    Raises:
        ConfigError: the ending is another, or the file is there.
        StoreError: the features cannot be read.
    """
    check_file(path, overwrite=overwrite)
    with new_file(path) as file:
        _WRITERS[path.suffix](file, features)


def _write_parquet(file: IO[bytes], features: Features) -> None:
    schema = pa.schema(
        [
            ("video", pa.string()),
            ("frame", pa.int32()),
            ("time_s", pa.float64()),
            ("subject", pa.string()),
            ("vector", pa.list_(pa.float32(), features.dim)),
        ],
        metadata={_KEY: features.about.data()},
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part_n in _parts(features):
            vectors = pa.array(features.read(part_n).ravel())
            columns = [pa.array(column) for column in _frames(features, part_n)]
            columns.append(pa.FixedSizeListArray.from_arrays(vectors, features.dim))
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _write_npz(file: IO[bytes], features: Features) -> None:
    names = ("video", "frame", "time_s", "subject")
    columns = _frames(features, features.positions_N)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, column in zip(names, columns, strict=True):
            with _member(archive, name) as member:
                np.lib.format.write_array(member, column, allow_pickle=False)
        with _member(archive, "about") as member:
            about = np.array(features.about.data().decode())
            np.lib.format.write_array(member, about, allow_pickle=False)
        with _member(archive, "vector") as member:
            _write_vectors(member, features)


def _write_vectors(member: IO[bytes], features: Features) -> None:
    """An array in NumPy's format, written part by part."""
    header = {
        "descr": "<f4",
        "fortran_order": False,
        "shape": (len(features), features.dim),
    }
    np.lib.format.write_array_header_1_0(member, header)
    for part_n in _parts(features):
        member.write(features.read(part_n).astype("<f4").tobytes())


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    return archive.open(f"{name}.npy", "w", force_zip64=True)


def _parts(features: Features) -> Iterator[Integers]:
    for first in range(0, len(features), _AT_ONCE):
        yield features.positions_N[first : first + _AT_ONCE]


def _frames(features: Features, position_n: Integers) -> tuple[np.ndarray, ...]:
    """Video, number, time and subject of frames."""
    index = features.store.frames()
    video_n = index.video_N[position_n]
    number_n = position_n - index.starts_V()[video_n]
    return (
        np.array(index.video_ids)[video_n],
        number_n.astype(np.int32),
        index.time_s_N[position_n],
        np.array(index.subjects)[video_n],
    )


_WRITERS: Final[dict[str, Callable[[IO[bytes], Features], None]]] = {
    ".parquet": _write_parquet,
    ".npz": _write_npz,
}
