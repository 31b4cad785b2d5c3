"""What a table of features says of itself, and the columns that it has."""

import json
from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa

from insonify.core.config import from_plain
from insonify.core.errors import ConfigError, StoreError
from insonify.core.records import parse_object, shown
from insonify.deploy.heads_folder import fingerprint
from insonify.model.checkpoint import Checkpoint

FORMAT: Final = 1
"""Version of the layout; raised when an old table can no longer be read."""
_KEY: Final = b"insonify"
_PREFIX: Final = "features-"
_SUFFIX: Final = ".lance"
_DIGITS: Final = 12


@dataclass(frozen=True, kw_only=True)
class About:
    """Which encoder saw which store; nothing here names a person or a place."""

    encoder: str
    """Fingerprint of the encoder, whole."""
    architecture: str
    """Name of its architecture."""
    size: tuple[int, int]
    """Rows and columns of the views that it saw."""
    dim: int
    """Length of a feature vector."""
    store: str
    """Identity of the store."""

    @classmethod
    def of(cls, checkpoint: Checkpoint, store: str) -> "About":
        """What the features of a checkpoint in a store say of themselves."""
        return cls(
            encoder=fingerprint(checkpoint),
            architecture=checkpoint.architecture,
            size=checkpoint.size,
            dim=checkpoint.encoder.dim,
            store=store,
        )

    @property
    def name(self) -> str:
        """Name of the table in its store."""
        return table_name(self.encoder)

    @property
    def schema(self) -> pa.Schema:
        """Columns of the table: a row is a frame, ``index`` its rank in its video.

        Half precision, not single, is half as large. Of the ten nearest of 8929 frames
        99.94 % stay the same, of 2977 classes by a linear probe 99.97 %, of its
        probabilities none changes by more than 0.0006 (48 synthetic subjects, 256
        features; ``python benchmarks/embedding.py STORE CKPT``).
        """
        columns = [
            ("video", pa.string()),
            ("index", pa.int32()),
            ("time_s", pa.float64()),
            ("vector", pa.list_(pa.float16(), self.dim)),
        ]
        return pa.schema(columns, metadata={_KEY: self.data()})

    def data(self) -> bytes:
        """As JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}).encode()

    @classmethod
    def parse(cls, schema: pa.Schema, where: str) -> "About":
        """Read what a table with this schema says of itself.

        Raises:
            StoreError: it is not a table of features, or of another format.
        """
        try:
            plain = parse_object((schema.metadata or {})[_KEY], where)
            found = plain.pop("format")
        except (KeyError, ConfigError):
            raise StoreError(
                f"{where}: not a table of features; remove it and run `insonify embed`"
            ) from None
        if found != FORMAT:
            raise StoreError(
                f"{where}: features of format {shown(found)}, this insonify reads "
                f"{FORMAT}; remove it and run `insonify embed` again"
            )
        return from_plain(cls, plain, where)


def table_name(encoder: str) -> str:
    """Name of the table of an encoder's features, by the encoder's fingerprint.

    >>> table_name("0123456789abcdef")
    'features-0123456789ab.lance'
    """
    return f"{_PREFIX}{encoder[:_DIGITS]}{_SUFFIX}"


def is_table(name: str) -> bool:
    """Whether something in a store is a table of features, by its name."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)
