"""``insonify transfer`` groups runs into arms and writes a predictions file."""

from pathlib import Path

import pytest

from insonify.cli.transfer import TransferPlanes, load_arms
from insonify.core.errors import CheckpointError, ConfigError
from insonify.core.predictions import read_predictions
from insonify.model.checkpoint import Card, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.transfer.planes import PlanesOptions


def save(path: Path, seed: int) -> Path:
    """A finished run's checkpoint, pretrained on another store."""
    encoder = Encoder("resnet10t", seed=seed)
    save_checkpoint(
        path,
        {f"encoder.{name}": value for name, value in encoder.state_dict().items()},
        Card(
            architecture="resnet10t",
            size=(32, 40),
            provenance={
                "recipe": "siamese",
                "seed": seed,
                "store": "elsewhere",
                "split": None,
                "fold": None,
                "subjects": [],
            },
        ),
    )
    return path


def test_runs_of_one_name_are_one_arm(tmp_path: Path) -> None:
    first, second, third = (save(tmp_path / f"r{seed}", seed) for seed in range(3))
    arms = load_arms((str(first), f"long={second}", str(third)))
    assert [(arm.name, len(arm.checkpoints)) for arm in arms] == [
        ("siamese", 2),
        ("long", 1),
    ]
    with pytest.raises(CheckpointError):
        load_arms((str(tmp_path / "nothing"),))


def test_predictions_are_written_once(store: Store, tmp_path: Path) -> None:
    store.make_split("two", folds=2, task="texture", seed=0)
    out = tmp_path / "out" / "predictions.parquet"
    command = TransferPlanes(
        store=store.path,
        runs=(str(save(tmp_path / "run", 3)),),
        out=out,
        options=PlanesOptions(
            task="texture",
            split="two",
            protocols=("knn",),
            seeds=(0,),
            frames_per_video=2,
        ),
    )
    assert command.run() == 0
    found = read_predictions(out)
    assert set(found.arms) == {"siamese", "random"}
    assert len(found.rows) == 2 * 12 * 2
    with pytest.raises(ConfigError, match="--overwrite"):
        command.run()
