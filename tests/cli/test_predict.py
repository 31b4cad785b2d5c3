"""`insonify predict` from a file to a table, and from a pipe to lines."""

import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from insonify.cli.main import run
from insonify.store import Store
from tests.deploy.conftest import save_small, small_checkpoint, spot_store
from tests.deploy.predict.test_batch import write_movie

QUICK = ["--decoder.steps", "20", "--split", "three"]


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Encoder and heads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    spot_store(tmp_path / "store", gaze=False)
    save_small(tmp_path / "encoder", small_checkpoint())
    return ["--model", str(tmp_path / "encoder"), "--heads", str(tmp_path / "heads")]


def test_files_and_strict(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "films", str(tmp_path / "out")
    write_movie(folder / "good.mp4", 1)
    (folder / "bad.mp4").write_bytes(b"nothing")
    one = ["predict", str(folder), *arguments, "--out", out, "--area", "full"]
    learning = ["--store", str(tmp_path / "store"), *QUICK]
    assert run([*one, *learning]) == 0
    assert (tmp_path / "heads" / "heads.json").exists()
    assert run([*one, "--strict"]) == 1  # Again, now without the store.
    said = capsys.readouterr().out
    assert "1 files were predicted" in said
    assert "1 were before, 1 were refused" in said
    assert "private" in said
    assert "good.mp4" not in said


def test_a_store_needs_no_other_to_learn_from(
    arguments: list[str], tmp_path: Path
) -> None:
    store, out = Store.open(tmp_path / "store"), tmp_path / "out"
    line = ["predict", str(store.path), *arguments[:2], "--out", str(out), *QUICK]
    assert run(line) == 0
    assert (out / "heads" / "heads.json").exists()
    assert (out / "frames.parquet").exists()


@pytest.mark.parametrize("shared", [True, False])
def test_saliency_is_learnt_for_heads_of_other_commands_too(
    arguments: list[str], tmp_path: Path, *, shared: bool
) -> None:
    gazed, out = spot_store(tmp_path / "gazed"), tmp_path / "out"
    named = arguments if shared else arguments[:2]
    line = ["predict", str(gazed.path), *named, "--out", str(out), *QUICK]
    assert run(line) == 0
    heads = tmp_path / "heads" if shared else out / "heads"
    left_out = json.loads((heads / "heads.json").read_text())["left_out"]
    assert left_out == ([] if shared else ["saliency: it was not asked for"])


def test_an_export_says_what_its_checkpoint_says(
    arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, export, store = tmp_path / "films", tmp_path / "export", tmp_path / "store"
    write_movie(folder / "good.mp4", 1)
    learning = ["--store", str(store), *QUICK]
    own = ["predict", str(folder), "--area", "full", "--out"]
    assert run([*own, str(tmp_path / "own"), *arguments, *learning]) == 0
    checkpoint, heads = arguments[1], arguments[3]
    made = ["export", checkpoint, str(export), "--to", "onnx", "--heads", heads]
    assert run(made) == 0
    theirs = [*own, str(tmp_path / "theirs"), "--model", str(export)]
    assert run(theirs) == 0
    one, other = (
        pq.read_table(tmp_path / each / "frames.parquet").drop_columns("predicted")
        for each in ("own", "theirs")
    )
    assert one.column_names == other.column_names
    for name in one.column_names[3:]:
        np.testing.assert_allclose(one[name], other[name], atol=1e-3)
    assert run([*theirs, "--heads", heads]) == 2
    assert "with its heads inside" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "name what to predict"),
        (["--stream", "-", "--out", "x"], "leave SOURCE and --out"),
        (["a.mp4", "--out", "x", "--frame-size", "4", "4"], "need --stream"),
        (["--stream", "/dev/video0", "--frame-size", "4", "4"], "standard input"),
        (["a.mp4", "--out", "new"], "knows no classes"),
    ],
)
def test_mistakes_are_said(
    given: list[str],
    said: str,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["predict", *given, *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@contextmanager
def standard_input(data: bytes) -> Iterator[int]:
    """Standard input is a pipe that holds bytes; yields its other end."""
    (read, write), before = os.pipe(), os.dup(0)
    os.dup2(read, 0)
    os.write(write, data)  # Less than a pipe holds.
    try:
        yield write
    finally:
        os.dup2(before, 0)
        for each in (read, before):
            os.close(each)


def piped(arguments: list[str], tmp_path: Path) -> list[str]:
    """The command that reads frames of 64 x 48 pixels from the pipe."""
    return [
        *("predict", "--stream", "-", "--frame-size", "64", "48", "--area", "full"),
        *(*arguments, "--store", str(tmp_path / "store"), *QUICK),
    ]


def test_a_pipe_is_answered_until_it_ends(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames_THW = np.random.default_rng(0).integers(0, 255, (5, 48, 64), np.uint8)
    with standard_input(frames_THW.tobytes()) as write:
        os.close(write)
        assert run(piped(arguments, tmp_path)) == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert lines[-1]["frame"] == 4
    for line in lines:
        assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        assert line["probability"] == max(line["probabilities"].values())
    assert "5 frames came" in said.err
    assert "research use only" in said.err


def test_ctrl_c_ends_it_with_the_summary(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames_THW = np.random.default_rng(0).integers(0, 255, (3, 48, 64), np.uint8)

    def interrupt() -> None:
        while '"frame": 2' not in written.getvalue():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    written = io.StringIO()
    # Where tests run in the background, the signal is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with standard_input(frames_THW.tobytes()) as write, redirect_stdout(written):
            threading.Thread(target=interrupt, daemon=True).start()
            assert run(piped(arguments, tmp_path)) == 0
            os.close(write)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "3 frames came" in capsys.readouterr().err
