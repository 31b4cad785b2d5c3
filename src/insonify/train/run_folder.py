"""A run folder describes itself: configuration, environment, metrics, checkpoints."""

import json
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from torch.utils.tensorboard import SummaryWriter

from insonify.core.config import to_plain
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.files import write_bytes, write_json
from insonify.core.records import read_object
from insonify.store import Store
from insonify.train.precision import Precision, precision_of

_ENVIRONMENT: Final = "environment.json"
_KEPT_CHECKPOINTS: Final = 2
_PACKAGES: Final = ("insonify", "torch", "timm", "lightning", "pylance", "numpy")


class RunFolder:
    """Where a pretraining run keeps what it did.

    ``config.json``, ``environment.json``, ``metrics.jsonl``, ``tensorboard/``,
    ``checkpoints/step-…`` to resume from, and last of all ``checkpoint``, whose
    presence marks the run as complete.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint"
        """The finished encoder."""
        self._metrics = path / "metrics.jsonl"

    def begin(
        self,
        config: Any,
        store: Store,
        initial: dict[str, Any] | None = None,
        processes: int = 1,
    ) -> Store:
        """Write the configuration, or check it against the one that is there.

        Args:
            config: The options.
            store: The store that is learnt from.
            initial: Which weights the run begins with; None: fresh ones.
            processes: How many learn together; noted, and may change.

        Returns:
            The store as it was when the run began: what was added since is not seen.

        Raises:
            ConfigError: the folder holds another run or other files.
        """
        record = {"store": store.id, "options": to_plain(config)}
        record |= {"initial": initial} if initial else {}
        there = self.path / "config.json"
        if there.exists():
            old = read_object(there)
            versions = old.pop("store_versions", None)
            if old != record:
                changed = _difference(old, record)
                raise ConfigError(
                    f"{self.path}: holds a run with another {changed}; repeat "
                    "its options to resume it, or name a new folder"
                )
            return Store.open(store.path, versions)
        if self.path.exists() and not all(map(_left_by_kill, self.path.iterdir())):
            raise ConfigError(
                f"{self.path}: not empty and not a run; name a new folder"
            )
        here = _environment(config.precision) | {"processes": processes}
        write_json(self.path / _ENVIRONMENT, here)
        write_json(there, record | {"store_versions": store.versions})
        return store

    def record(self) -> dict[str, Any]:
        """What a finished run began with: ``store``, its id, and ``options``, plain.

        Raises:
            CheckpointError: there is no finished run.
        """
        there = self.path / "config.json"
        if not there.exists() or not self.checkpoint.exists():
            raise CheckpointError(
                f"{self.path}: no finished run of `insonify pretrain`; name its run "
                "folder"
            )
        try:
            known = read_object(there)
        except ConfigError as error:
            raise CheckpointError(str(error)) from None
        if not known.keys() >= {"store", "options"}:
            raise CheckpointError(
                f"{there}: does not say what the run began with; restore the file"
            )
        return known

    def step_folder(self, step: int) -> Path:
        """The checkpoint folder of a step."""
        return self.path / "checkpoints" / f"step-{step:08d}"

    def latest(self) -> tuple[int, Path] | None:
        """Step and folder of the newest checkpoint to resume from."""
        found = sorted((self.path / "checkpoints").glob("step-*"))
        return (int(found[-1].name.removeprefix("step-")), found[-1]) if found else None

    def prune(self) -> None:
        """Remove all but the newest checkpoints."""
        found = sorted((self.path / "checkpoints").glob("step-*"))
        for old in found[:-_KEPT_CHECKPOINTS]:
            shutil.rmtree(old)

    def metrics(self) -> list[dict[str, Any]]:
        """All rows of metrics.jsonl; a last row cut short by a kill is left out."""
        lines = self._metrics.read_text().splitlines() if self._metrics.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def rewind(self, step: int) -> None:
        """Forget what was logged after ``step``, before training on from there."""
        rows = [row for row in self.metrics() if row["step"] <= step]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        write_bytes(self._metrics, text.encode())

    def writer(self, step: int) -> "MetricsWriter":
        """Open metrics.jsonl and TensorBoard to go on from ``step``."""
        return MetricsWriter(self._metrics, self.path / "tensorboard", step)


class MetricsWriter:
    """Appends figures to metrics.jsonl and to TensorBoard."""

    def __init__(self, metrics: Path, tensorboard: Path, step: int) -> None:
        self._file = metrics.open("a")
        self._board = SummaryWriter(str(tensorboard), purge_step=step + 1)

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Write one row."""
        self._file.write(json.dumps({"step": step, **figures}) + "\n")
        self._file.flush()
        for name, value in figures.items():
            self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush and close both."""
        self._file.close()
        self._board.close()


def _left_by_kill(path: Path) -> bool:
    """Whether a run that was killed while it began may have left this file."""
    return path.name == _ENVIRONMENT or path.name.startswith(".")


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Names of what differs: the store, the initial weights, or options."""
    if old.get("store") != new["store"]:
        return "store"
    if old.get("initial") != new.get("initial"):
        return "encoder to begin with (--initial)"
    before, after = old.get("options", {}), new["options"]
    return ", ".join(sorted(k for k in after if after[k] != before.get(k)))


def _environment(wanted: Precision) -> dict[str, Any]:
    """The software and the kind of machine; no host or user name."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "threads": torch.get_num_threads(),
        "precision": precision_of(wanted),
        "cuda": torch.cuda.is_available(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
