"""What studies need besides a store: gaze, and encoders that others trained."""

from pathlib import Path

import numpy as np
import pytest

from insonify.model.checkpoint import Card, save_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.store.gaze import VideoGaze


@pytest.fixture
def looked_at(store: Store) -> Store:
    """The shared store, with an eye that rests in the middle of every video."""
    times_s_G = np.arange(0, 2, 0.1)
    gaze = VideoGaze(
        times_s_G=times_s_G,
        points_G2=np.full((len(times_s_G), 2), (64.0, 48.0)),
        sigma_G2=np.full((len(times_s_G), 2), 8.0),
    )
    store.write_gaze(dict.fromkeys(store.frames().video_ids, gaze))
    return store


def save_foreign(path: Path, size: tuple[int, int]) -> None:
    """A checkpoint as `insonify adopt` makes them: it saw no subject of the store."""
    card = Card(
        architecture="resnet10t",
        size=size,
        provenance={"recipe": "imagenet", "subjects": []},
    )
    tensors = Encoder("resnet10t").state_dict()
    save_checkpoint(path, {f"encoder.{k}": v for k, v in tensors.items()}, card)
