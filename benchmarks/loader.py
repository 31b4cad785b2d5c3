"""What reading costs: Lance against bare decoding, loader-fed training against memory.

python benchmarks/loader.py STORE [--rounds 5]
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from table import show
from torch import Tensor

from insonify.core.video import Frames
from insonify.model.encoder import Encoder
from insonify.recipes import siamese, with_size
from insonify.store import Store
from insonify.store.codec import decode
from insonify.train.building import new_model
from insonify.train.joint_loss import JointLoss
from insonify.train.loading import make_loader

_FRAMES = 512
_STEPS = 6
_SIZE = (80, 104)
"""With ResNet-18: the step that the figures in README were measured with."""


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def reading(store: Store, rounds: int) -> dict[str, object]:
    """Random reads through Lance against decoding the same bytes from memory."""
    index = store.frames()
    ratios = []
    for seed in range(rounds + 1):
        drawn = np.random.default_rng(seed).integers(0, len(index), _FRAMES)
        images = store.read_images(index.row_N[drawn])
        shapes = [index.shapes_HW[video] for video in index.video_N[drawn]]
        pairs = list(zip(images, shapes, strict=True))

        def bare(pairs: list[tuple[bytes, tuple[int, int]]] = pairs) -> list[Frames]:
            codec = store.settings.codec
            return [decode(image, codec, *shape) for image, shape in pairs]

        alone = seconds_of(bare)
        through = seconds_of(partial(store.read_frames, drawn))
        ratios.append(alone / through)
    return summary(f"bare decoding / Lance read of {_FRAMES} random frames", ratios[1:])


def training(store: Store, rounds: int) -> dict[str, object]:
    """Steps fed by the loader against steps on batches that are in memory already."""
    options = replace(with_size(siamese(), _SIZE), encoder="resnet18")
    loader = make_loader(store, frozenset(store.frames().subjects), options)
    fabric = Fabric(devices=1, precision="bf16-mixed", accelerator="cpu")
    model = new_model(Encoder(options.encoder), options)
    optimizer = options.optimisation.build(model.parameters())
    wrapped, optimizer = fabric.setup(model, optimizer)
    loss_of = JointLoss(options)

    def train(batches: Iterator[Tensor]) -> None:
        for step, batch in enumerate(itertools.islice(batches, _STEPS)):
            loss, _ = loss_of(wrapped, batch, step)
            fabric.backward(loss)
            optimizer.step()
            optimizer.zero_grad()

    for number in range(len(loader.clips_CT) // options.batch + 1):
        loader.read(number)  # the first epoch, which fills the cache
    ready = [loader.read(number) for number in range(_STEPS)]
    live = loader.batches()
    ratios = []
    for _ in range(rounds + 1):
        memory = seconds_of(lambda: train(iter(ready)))
        fed = seconds_of(lambda: train(live))
        ratios.append(memory / fed)
    what = f"training from memory / fed by the loader, {_STEPS} steps after one epoch"
    return summary(what, ratios[1:])


def summary(what: str, ratios: list[float]) -> dict[str, object]:
    return {
        "what (1 = free)": what,
        "median": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    store = Store.open(arguments.store)
    rows = [reading(store, arguments.rounds), training(store, arguments.rounds)]
    show("loader", rows)
    print(f"threads {torch.get_num_threads()}, codec {store.settings.codec}")


if __name__ == "__main__":
    main()
