"""A script compares encoders as the commands do."""

from pathlib import Path

import pytest

from insonify.core.errors import CheckpointError, ConfigError, LeakError
from insonify.core.predictions import read_predictions
from insonify.core.saliency_predictions import read_saliency
from insonify.deploy.comparison import (
    report_markdown,
    transfer_planes,
    transfer_saliency,
)
from insonify.store import Store
from insonify.transfer.arms import Arm
from insonify.transfer.plane_options import PlanesOptions
from insonify.transfer.planes import run_planes
from insonify.transfer.progress import Step
from insonify.transfer.saliency_options import Decoder, SaliencyOptions
from tests.deploy.conftest import save_small, small_checkpoint

PLANES = PlanesOptions(task="spot", split="three", seeds=(0,), protocols=("knn",))
SALIENCY = SaliencyOptions(
    split="three",
    protocols=("frozen",),
    seeds=(0,),
    frozen=Decoder(steps=5, batch=4, looks=1),
    window_s=0.02,
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small(tmp_path_factory.mktemp("small") / "run", small_checkpoint())


def test_planes_are_those_of_transfer(
    spots: Store, saved: Path, tmp_path: Path
) -> None:
    arm = Arm(name="mine", checkpoints=(small_checkpoint(),))
    wanted = run_planes(spots, [arm], PLANES, lambda _: None)
    out = tmp_path / "p.parquet"
    seen: list[Step] = []
    for encoders in (saved, str(saved), [saved], small_checkpoint()):
        found = transfer_planes(
            spots,
            {"mine": encoders},
            PLANES,
            out=out,
            overwrite=out.exists(),
            on_progress=seen.append,
        )
        assert found.rows.equals(wanted.rows)
    assert seen
    assert read_predictions(out).rows.equals(wanted.rows)
    assert [path.name for path in tmp_path.iterdir()] == ["p.parquet"]  # No parts.
    table = report_markdown([str(out)])
    assert "| mine | knn |" in table
    with pytest.raises(ConfigError, match="overwrite=True"):
        transfer_planes(spots, {"mine": saved}, PLANES, out=out)


def test_an_interrupted_call_goes_on(spots: Store, saved: Path, tmp_path: Path) -> None:
    out, parts = tmp_path / "p.parquet", tmp_path / "p.parquet.parts"
    whole: list[Step] = []
    resumed: list[Step] = []
    transfer_planes(spots, {"mine": saved}, PLANES, on_progress=whole.append)

    def stop(_: object) -> None:
        if len(list(parts.glob("*.parquet"))) == 3:  # One arm of two is done.
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer_planes(spots, {"mine": saved}, PLANES, out=out, on_progress=stop)
    assert not out.exists()
    transfer_planes(spots, {"mine": saved}, PLANES, out=out, on_progress=resumed.append)
    assert out.exists()
    assert not parts.exists()
    assert 2 * resumed[-1].total == whole[-1].total > 0


def test_saliency_is_kept_too(spots: Store, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.parquet"
    found = transfer_saliency(spots, {"mine": saved}, SALIENCY, out=out)
    assert read_saliency(out).rows.equals(found.rows)
    assert "| mine | frozen |" in report_markdown([out])


def test_leaks_and_lack_of_encoders_are_told(spots: Store, tmp_path: Path) -> None:
    nosy = small_checkpoint(subjects=sorted(set(spots.frames().subjects)))
    with pytest.raises(LeakError):
        transfer_planes(spots, {"nosy": nosy}, PLANES)
    with pytest.raises(CheckpointError, match="insonify pretrain"):
        transfer_planes(spots, {"none": tmp_path}, PLANES)
