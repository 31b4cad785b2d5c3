"""What an interrupted transfer has done already, so that it need not be done again."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from insonify.core.config import to_plain
from insonify.core.files import write_bytes
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.transfer.arms import Trial
from insonify.transfer.plan import Job

_LISTS = ("protocols", "fractions", "seeds", "shots")
"""Options that say which jobs there are, and change nothing within one."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A folder with the rows of each finished job.

    A job's file is named by a hash of everything its rows depend on, so that nothing
    is taken over from other options, another store or other weights. Files are written
    atomically: what a killed process leaves is whole.
    """

    folder: Path | None
    """Where they are; None keeps nothing."""
    store: Store
    """Where the frames come from, at the versions at which it was opened."""
    options: Any
    """Options of the task, a dataclass."""

    def rows(
        self, job: Job, make: Callable[[Job], pa.Table], rate: float | None = None
    ) -> pa.Table:
        """The rows of a job: read them if they are there, else make and keep them.

        Args:
            job: What they are of.
            make: Makes them.
            rate: The learning rate, where it is tried for the job.
        """
        path = self._path(job, rate)
        if path is not None and path.exists():
            return pq.read_table(path)
        table = make(job)
        if path is not None:
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            write_bytes(path, sink.getvalue().to_pybytes())
        return table

    def has(self, job: Job, rate: float | None = None) -> bool:
        """Whether the rows of a job, or of a trial of a rate for it, are there."""
        path = self._path(job, rate)
        return path is not None and path.exists()

    def _path(self, job: Job, rate: float | None) -> Path | None:
        if self.folder is None:
            return None
        known = {
            "insonify": version("insonify"),
            "store": [self.store.id, self.store.versions],
            "options": {
                name: value
                for name, value in to_plain(self.options).items()
                if name not in _LISTS
            },
            "columns": job.columns,
            "rate": rate,
            "encoder": _identity(job.trial),
        }
        text = json.dumps(known, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.parquet"


def parts_folder(out: Path) -> Path:
    """Where the parts of a predictions file are until it is written."""
    return out.with_name(f"{out.name}.parts")


def remove_parts(out: Path) -> None:
    """Forget the parts of a predictions file that is written."""
    shutil.rmtree(parts_folder(out), ignore_errors=True)


def _identity(trial: Trial) -> list[Any]:
    return [
        trial.untrained,
        to_plain(trial.checkpoint.card),
        _fingerprint(trial.checkpoint.encoder),
    ]


@lru_cache(maxsize=64)
def _fingerprint(encoder: Encoder) -> str:
    """Hash of the weights: the same provenance may stand on other weights."""
    found = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
