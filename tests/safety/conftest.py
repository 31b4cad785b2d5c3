"""What is attacked: a checkpoint, heads, a store, predictions, a run, a study."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from insonify.core.config import to_plain
from insonify.core.predictions import SCHEMA, Predictions, write_predictions
from insonify.deploy.head_options import HeadOptions, HeadsCard
from insonify.deploy.heads import Heads
from insonify.deploy.heads_folder import fingerprint
from insonify.model.checkpoint import Card, load_checkpoint, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.recipes import RECIPES
from insonify.transfer.fitted_probe import FittedProbe

ARCHITECTURE = "resnet10_half"
SIZE = (32, 40)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of an encoder that learnt nothing; not to be changed."""
    path = tmp_path_factory.mktemp("healthy") / "checkpoint"
    state = Encoder(ARCHITECTURE).state_dict()
    tensors = {f"encoder.{name}": tensor for name, tensor in state.items()}
    known = {"recipe": "demo", "seed": 0, "fold": 0, "split": "k", "subjects": ["s-1"]}
    save_checkpoint(
        path, tensors, Card(architecture=ARCHITECTURE, size=SIZE, provenance=known)
    )
    return path


@pytest.fixture(scope="session")
def heads(checkpoint: Path) -> Path:
    """Heads of that checkpoint that know two classes; not to be changed."""
    path, loaded = checkpoint.with_name("heads"), load_checkpoint(checkpoint)
    dim = loaded.encoder.dim
    probe = FittedProbe(
        mean_D=np.zeros(dim),
        scale_D=np.ones(dim),
        weights_CD=np.zeros((2, dim)),
        bias_C=np.zeros(2),
    )
    card = HeadsCard(
        checkpoint=fingerprint(loaded),
        store="0123456789abcdef",
        versions={"frames": 1},
        options=HeadOptions(task="plane", split="k", fold=0),
        classes=("coarse", "fine"),
        subjects=("s-1",),
        left_out=("no gaze",),
    )
    Heads(checkpoint=loaded, card=card, probe=probe, decoder=None).save(path)
    return path


@pytest.fixture(scope="session")
def run(checkpoint: Path) -> Path:
    """A run folder that holds the checkpoint; not to be changed."""
    path = checkpoint.with_name("run")
    path.mkdir()
    shutil.copytree(checkpoint, path / "checkpoint")
    options = to_plain(RECIPES["demo"]())
    config = {"store": "0123456789abcdef", "options": options, "store_versions": {}}
    (path / "config.json").write_text(json.dumps(config))
    (path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n')
    (path / "environment.json").write_text('{"torch": "2"}')
    return path


@pytest.fixture(scope="session")
def predictions(checkpoint: Path) -> Path:
    """Predictions of two arms; not to be changed."""
    path = checkpoint.with_name("predictions.parquet")
    write_predictions(path, some_predictions(("coarse", "fine")))
    return path


def some_predictions(classes: tuple[str, ...], word: str = "k") -> Predictions:
    """Two arms, six subjects; ``word`` is what whatever has a name is called."""
    rows = [
        {
            "arm": arm,
            "protocol": "knn",
            "split": word,
            "fold": 0,
            "seed": 0,
            "fraction": 1.0,
            "subject": f"s-{word}-{number}",
            "video": f"v-{word}-{number}",
            "time_s": 0.5,
            "truth": classes[number % len(classes)],
            "probabilities": np.full(len(classes), 1 / len(classes)).tolist(),
        }
        for arm in ("random", word)
        for number in range(6)
    ]
    return Predictions(
        task=word,
        classes=classes,
        store="0123456789abcdef",
        arms={"random": {"baseline": None}, word: {"baseline": "random"}},
        facts={"command": word},
        rows=pa.Table.from_pylist(rows, schema=SCHEMA),
    )


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
