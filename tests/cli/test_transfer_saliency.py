"""From the command line: pretrain on gaze, transfer to gaze, go on where it stopped."""

from pathlib import Path

import numpy as np
import pytest

from insonify.cli.main import run
from insonify.core.predictions import read_predictions
from insonify.core.saliency_predictions import read_saliency
from insonify.store import Store
from insonify.store.gaze import VideoGaze
from insonify.transfer.parts import parts_folder


@pytest.fixture
def store(store: Store) -> Store:
    """Everybody looks at one place, for 2 s."""
    times_s_G = np.arange(40) / 20
    gaze = VideoGaze(
        times_s_G=times_s_G,
        points_G2=np.full((40, 2), (64.0, 48.0)),
        sigma_G2=np.full((40, 2), 8.0),
    )
    store.write_gaze(dict.fromkeys(store.known_videos(), gaze))
    store.make_split("two", folds=2, task="texture", seed=0)
    return store


def test_gaze_from_run_to_file(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder, out = tmp_path / "run", tmp_path / "s.parquet"
    words = f"pretrain-gaze {store.path} {encoder} --objective point --split two"
    quick = "--architecture resnet10_half --size 32 40 --steps 2 --batch 2"
    assert run([*words.split(), *quick.split(), "--frames-per-video", "2"]) == 0
    words = f"transfer saliency {store.path} point={encoder} --split two --out {out}"
    quick = "--seeds 0 --frames-per-video 2 --frozen.steps 2 --finetune.steps 2"
    tiny = "--finetune.batch 2 --finetune.reference 0"
    assert run([*words.split(), *quick.split(), *tiny.split()]) == 0
    found = read_saliency(out)
    assert set(found.arms) == {"point", "random", "static"}
    assert found.shape == (4, 5)
    assert found.task == "gaze"
    assert not parts_folder(out).exists()
    assert run(words.split()) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_planes_are_fine_tuned_from_the_command_line(
    store: Store, tmp_path: Path
) -> None:
    encoder, out = tmp_path / "run", tmp_path / "p.parquet"
    words = f"pretrain-gaze {store.path} {encoder} --split two --fold 1"
    quick = "--architecture resnet10_half --size 32 40 --steps 1 --batch 2"
    assert run([*words.split(), *quick.split(), "--frames-per-video", "2"]) == 0
    words = f"transfer planes {store.path} {encoder} --split two --task texture"
    quick = "--protocols finetune --seeds 0 --frames-per-video 2 --finetune.steps 1"
    tiny = "--finetune.batch 2 --finetune.reference 0"
    line = [*words.split(), *quick.split(), *tiny.split(), "--out", str(out)]
    assert run(line) == 0
    assert out.exists()


def test_protocols_with_options_of_their_own_from_the_command_line(
    store: Store, tmp_path: Path
) -> None:
    encoder = tmp_path / "run"
    roles = ("train", "validation", "test")
    store.assign("given", {f"s-{n}": roles[n // 2] for n in range(6)})
    words = f"pretrain-gaze {store.path} {encoder} --split given"
    quick = "--architecture resnet10_half --size 32 40 --steps 1 --batch 2"
    assert run([*words.split(), *quick.split(), "--frames-per-video", "2"]) == 0
    planes, saliency = tmp_path / "p.parquet", tmp_path / "s.parquet"
    words = f"transfer planes {store.path} {encoder} --split given --task texture"
    few = "--protocols prototype finetune --shots 1 2 --shot-frames 2 --seeds 0"
    tuned = "--finetune.rates 0.01 0.1 --finetune.trial-steps 1 --finetune.steps 1"
    tiny = "--finetune.batch 2 --finetune.reference 0 --frames-per-video 2"
    line = f"{words} {few} {tuned} {tiny} --out {planes}"
    assert run(line.split()) == 0
    found = read_predictions(planes)
    names = {"prototype", "prototype, 1 shot", "prototype, 2 shots", "finetune"}
    assert set(found.rows["protocol"].to_pylist()) == names
    assert len(found.facts["rates"]) == 2
    words = f"transfer saliency {store.path} {encoder} --split given --out {saliency}"
    few = "--protocols knn linear --knn-k 3 --linear-grid 0.01 0.1 --seeds 0"
    assert run([*words.split(), *few.split(), "--frames-per-video", "2"]) == 0
    looked = read_saliency(saliency)
    assert set(looked.rows["protocol"].to_pylist()) == {"knn", "linear", "static"}


def test_a_store_without_gaze_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "nothing"
    assert (
        run(["pretrain-gaze", str(missing), str(tmp_path / "r"), "--split", "k"]) == 2
    )
    assert "nothing" in capsys.readouterr().err
