"""The commands as a user runs them, from files to a table."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from insonify.cli.main import run
from insonify.store import Store
from tests.conftest import drifting_video


def write_mp4(path: Path, seed: int, texture: float) -> None:
    """Two seconds of a drifting texture."""
    video = drifting_video(seed, shape=(96, 128), texture=texture)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.bit_rate = 2_000_000
        for frame_HW in video.frames_THW:
            picture = np.repeat(frame_HW[..., None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six subjects, a coarse and a fine clip each, and three files that are none."""
    source = tmp_path_factory.mktemp("source") / "JANE^DOE"
    source.mkdir()
    rows = []
    for number in range(12):
        kind, texture = (("coarse", 6.0), ("fine", 2.0))[number % 2]
        name = f"clip-{number}.mp4"
        write_mp4(source / name, number, texture)
        rows.append([name, f"MRN-{number // 2}", kind])
    (source / "empty.mp4").touch()
    (source / "text.mp4").write_text("no video at all\n" * 50)
    whole = (source / "clip-0.mp4").read_bytes()
    (source / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    rows += [[name, "MRN-9", ""] for name in ("empty.mp4", "text.mp4", "cut.mp4")]
    with (source / "subjects.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "subject", "texture"], *rows])
    return source


def test_from_files_to_a_table(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, key = tmp_path / "store", tmp_path / "site.key"
    table = folder / "subjects.csv"
    take = f"ingest {folder} {store} --subjects {table} --labels texture --key {key}"
    take += " --workers 0"
    assert run(take.split()) == 0
    opened = Store.open(store)
    assert len(opened.frames().video_ids) == 12
    assert len(set(opened.frames().subjects)) == 6
    assert len(opened.rejects()) == 3
    assert run([*take.split(), "--strict"]) == 1  # what was refused still is
    assert len(Store.open(store).frames()) == len(opened.frames())
    assert run([*take.split(), "--strict", "--retry-rejects"]) == 1

    assert run(f"split {store} k --folds 3 --task texture".split()) == 0
    learn = "--recipe demo --size 32 40 --steps 6 --batch 4 --split k --workers 0"
    runs = [tmp_path / f"run-{fold}" for fold in range(3)]
    for fold, folder_of_fold in enumerate(runs):
        words = f"pretrain {store} {folder_of_fold} {learn} --fold {fold}"
        assert run(words.split()) == 0
    predictions = tmp_path / "predictions.parquet"
    words = f"transfer planes {store} {' '.join(map(str, runs))} --task texture"
    assert run(f"{words} --split k --out {predictions} --seeds 0".split()) == 0
    report = tmp_path / "report.json"
    assert run(f"report {predictions} --out {report}".split()) == 0
    assert {"random", "demo"} <= set(str(json.loads(report.read_text())).split("'"))
    assert run(f"doctor --store {store}".split()) == 0

    printed = capsys.readouterr()
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    public = [file for file in written if not file.name.startswith("linkage")]
    assert len(public) < len(written)
    for secret in ("JANE", "MRN-", "clip-", "cut.mp4"):
        assert secret not in printed.out + printed.err
        for file in public:
            assert secret.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("pretrain nowhere run", "no store here"),
        ("pretrain nowhere run --recipe best", "no recipe 'best'"),
        ("pretrain nowhere run --batch 0", "at least 1"),
        ("ingest nowhere store", "no such file or folder"),
        ("split nowhere k", "no store here"),
        ("reproduce nowhere study --budget 0", "must be positive"),
        ("reproduce nowhere study", "no store here"),
        ("report nowhere.parquet", "nowhere.parquet"),
        ("transfer planes nowhere run --task t --split k --out p.parquet", "nowhere"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(
    words: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert run(words.split()) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert "Traceback" not in printed.err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    for command in (
        "demo",
        "inspect",
        "ingest",
        "pretrain",
        "transfer planes",
        "report",
    ):
        assert f" {command} " in printed


def test_whoever_stops_reading_sees_no_traceback() -> None:
    command = [sys.executable, "-m", "insonify", "pretrain", "--help"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
    assert running.returncode == 1
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_doctor_finds_a_store_that_is_none(tmp_path: Path) -> None:
    assert run(["doctor", "--store", str(tmp_path)]) == 1


def test_inspect_draws_a_sheet_and_does_not_overwrite_it(
    folder: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    words = f"inspect {folder / 'clip-0.mp4'} --sheet {sheet}"
    assert run(words.split()) == 0
    drawn = sheet.read_bytes()
    assert drawn.startswith(b"\x89PNG")
    assert run(words.split()) == 2
    assert sheet.read_bytes() == drawn
    assert run(f"inspect {folder / 'text.mp4'}".split()) == 1


def test_commands_that_train_nothing_do_not_load_a_network_library() -> None:
    """They start in a second instead of five."""
    asked = """
import sys
from insonify.cli.main import run
for name in sys.argv[1:]:
    try:
        run([name, "--help"])
    except SystemExit:
        pass
sys.exit("torch" in sys.modules)
"""
    names = ("report", "ingest", "inspect", "triage", "gaze", "split", "card", "import")
    done = subprocess.run(
        [sys.executable, "-c", asked, *names], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"usage: insonify triage" in done.stdout
