"""What an output folder says of how it was made, and who writes to it."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from insonify.core.config import to_plain
from insonify.core.errors import ConfigError
from insonify.core.files import write_json
from insonify.core.records import read_object
from insonify.deploy.predict.options import PredictOptions
from insonify.deploy.predict.predictor import Model
from insonify.deploy.predict.scan_folder import SCANS

_FORMAT: Final = 1
HEADS: Final = "heads"
"""Where heads are kept that were learnt for an output folder."""
_RECORD: Final = "predict.json"
_LOCK: Final = ".lock"
_LIBRARIES: Final = ("insonify", "torch", "timm", "av", "pydicom", "numpy")


def check_folder(out: Path) -> None:
    """Refuse a folder that holds something else, before there is any work.

    Raises:
        ConfigError: it does, or is a file.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: a file; name a folder with --out")
    if not out.exists() or (out / _RECORD).exists():
        return
    if any(path.name not in (HEADS, _LOCK) for path in out.iterdir()):
        raise ConfigError(f"{out}: not empty, and no predictions; name a new --out")


def begin_record(
    out: Path, model: Model, options: PredictOptions, *, keyed: bool
) -> dict[str, Any]:
    """Begin an output folder, or go on with one that was made in the same way.

    Raises:
        ConfigError: the folder was made in another way.
    """
    made = _made(model, options, keyed=keyed)
    if (out / _RECORD).exists():
        record = read_object(out / _RECORD)
        for name, wanted in made.items():
            if record.get(name) != wanted:
                raise ConfigError(
                    f"{out}: made with another {_differing(record.get(name), wanted)}"
                    f"{name}; repeat the same command, or name another --out"
                )
        return record
    record = {**made, "id": secrets.token_hex(8), "versions": _versions()}
    write_json(out / _RECORD, record)
    return record


def finish_record(out: Path, record: dict[str, Any], counts: dict[str, int]) -> None:
    """Write what the folder holds, once all of it is there."""
    write_json(out / _RECORD, {**record, "finished": counts})


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Be the only one who writes to a folder, which is made if need be.

    What a killed run left behind half-written is removed.

    Raises:
        ConfigError: another one writes to it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = os.open(out / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written ({error.strerror})") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"{out}: another insonify writes to it; wait, or name another --out"
            ) from None
        _remove_drafts(out)
        yield
    finally:
        os.close(lock)


def _remove_drafts(out: Path) -> None:
    for draft in (out / SCANS).glob(".*"):
        shutil.rmtree(draft, ignore_errors=True)
    for draft in out.glob(".*.*"):
        draft.unlink(missing_ok=True)


def _made(model: Model, options: PredictOptions, *, keyed: bool) -> dict[str, Any]:
    plain = to_plain(options)
    if plain["cleaning"]["profile"] is not None:  # A path may name anything.
        plain["cleaning"]["profile"] = "given"
    return {
        "format": _FORMAT,
        "use": "research only; not a medical device",
        "model": {**model.about, "fingerprint": model.fingerprint},
        "classes": list(model.predictor.classes),
        "options": plain,
        "pseudonyms": "of the site's key" if keyed else "without a key",
    }


def _differing(found: Any, wanted: Any) -> str:
    """Names of the entries of an object that differ, for a message."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return ""
    names = [name for name, value in wanted.items() if found.get(name) != value]
    return f"{', '.join(names)} in "


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}
