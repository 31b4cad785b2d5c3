"""A file that kills or hangs whoever decodes it is refused, and no other.

Worker processes cannot import a test: what kills one is an expression.
"""

import shutil
import zipfile
from pathlib import Path

import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.heads import Heads
from insonify.deploy.predict import rehearsal
from insonify.deploy.predict.batch import Summary, predict
from insonify.deploy.predict.predictor import Model
from insonify.deploy.predict.sources import Reading
from insonify.ingest.clean import CleanOptions
from insonify.ingest.engine.limits import Limits
from tests.deploy.predict.test_batch import FULL, KEY, OPTIONS, rows, write_movie

KILL = "__import__('os').kill(__import__('os').getpid(), 11)"
HANG = "__import__('time').sleep(600)"


def decoding(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """One file does this to whoever decodes it, as a faulty codec would."""

    def job(path: Path | None, _: CleanOptions) -> str:
        return what if path is not None and path.name == "bad.mp4" else "None"

    monkeypatch.setattr(rehearsal, "decode", eval)
    monkeypatch.setattr(rehearsal, "Job", job)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, and one between them that may be bad."""
    for seed, name in enumerate(("a.mp4", "bad.mp4", "c.mp4")):
        write_movie(tmp_path / "films" / name, seed, frames=6)
    return tmp_path / "films"


def run(source: Path, heads: Heads, *, workers: int = 1, **limits: float) -> Summary:
    reading = Reading(
        options=FULL, key=KEY, store=None, workers=workers, limits=Limits(**limits)
    )
    home = source.parent
    key_path = home / "private" / "site.key"
    return predict(
        [str(source)],
        Model.of(heads),
        home / "out",
        OPTIONS,
        reading,
        key_path=key_path,
    )


@pytest.mark.parametrize(
    ("what", "said"), [(KILL, "kills the process"), (HANG, "longer than --seconds")]
)
def test_a_file_that_stops_its_reader_is_refused_alone(
    what: str, said: str, folder: Path, heads: Heads, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding(monkeypatch, what)
    found = run(folder, heads, seconds=2)
    assert (found.done, found.frames, len(found.refused)) == (2, 12, 1)
    (row,) = rows(folder.parent / "out" / "rejects.csv")
    assert said in row["reason"]


def test_what_is_predicted_is_not_read_again(
    folder: Path, heads: Heads, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(folder, heads, workers=0).done == 3
    decoding(monkeypatch, KILL)
    assert run(folder, heads).known == 3


def test_members_of_an_archive_are_there_for_both_readers(
    folder: Path, heads: Heads
) -> None:
    path = folder.parent / "films.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for film in sorted(folder.iterdir()):
            archive.write(film, film.name)
    shutil.rmtree(folder)
    assert run(path, heads).done == 3


def test_fewer_than_no_workers() -> None:
    with pytest.raises(ConfigError, match="workers must be at least 0"):
        Reading(options=FULL, key=None, store=None, workers=-1)
