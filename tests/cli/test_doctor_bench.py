import json
from pathlib import Path

import pytest

from insonify.cli.doctor_bench import bench_options
from insonify.cli.main import run
from insonify.core.errors import ConfigError
from insonify.studies.step_bench import bench as bench_module
from insonify.studies.step_bench import convolutions, encoder_speed

TINY = ["--size", "32", "40", "--batch", "4", "--encoder", "resnet10_half"]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps, and memory as the tests had it."""
    monkeypatch.setattr(bench_module, "_STEPS_BUDGET", 0.0)
    monkeypatch.setattr(encoder_speed, "_BUDGET", 0.5)
    monkeypatch.setattr(encoder_speed, "_SIDE", {"cpu": 512})
    monkeypatch.setattr(convolutions, "_BUDGET", 0.02)
    monkeypatch.setattr(bench_module, "keep_freed_memory", lambda: True)


@pytest.mark.usefixtures("store")
def test_a_bench_prints_parts_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench.json"
    place = str(tmp_path / "store")
    code = run(["doctor", "--bench", *TINY, "--store", place, "--out", str(out)])
    assert code == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in ("waiting for data", "encoder forward", "convolutions' limit"):
        assert words in said
    record = json.loads(out.read_text())
    assert record["size"] == [32, 40]
    assert record["batch"] == 4
    assert record["images_a_second"] > 0
    assert 0 < record["convolution_limit"] < record["speed"]["seconds"]
    assert len(record["speed"]["convolutions"]) > 5
    assert len(record["read"]) == 2
    assert str(tmp_path) not in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bench", "--recipe", "none"], "no recipe 'none'"),
        (["--bench", "--encoder", "resnet10_halves"], "no encoder"),
        (["--bench", "--size", "0", "8"], "size must be"),
        (["--bench", "--batch", "0"], "batch must be at least 1"),
        (["--bench", "--store", "nowhere"], "nowhere"),
        (["--bench", "--recipe", "awcl"], "--store"),
        (["--recipe", "siamese"], "add --bench"),
        (["--out", "x.json"], "add --bench"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_is_no_file_to_write_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--bench", *TINY, "--out", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_options_are_the_recipes_unless_they_are_given() -> None:
    plain = bench_options("siamese", None, None, None)
    assert (plain.encoder, plain.batch) == ("resnet10_half", 32)
    other = bench_options("siamese", (48, 64), "resnet18", 8)
    assert (other.clips.size, other.encoder, other.batch) == ((48, 64), "resnet18", 8)
    assert other.transform is not None
    assert other.transform.size == (48, 64)
    with pytest.raises(ConfigError, match="siamese"):
        bench_options("other", None, None, None)


@pytest.mark.usefixtures("store")
def test_without_the_flag_the_machine_is_checked_as_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--store", str(tmp_path / "store")]) in (0, 1)
    said = capsys.readouterr().out
    assert "insonify doctor" in said
    assert "videos" in said
