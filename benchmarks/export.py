"""Frames a second of an encoder, of what torch makes of it, and of its exports.

python benchmarks/export.py STORE CKPT [--task plane] [--rounds 7] [--threads 2]

All of them take the same uint8 frames and give features. Ratios are to the encoder as
it is (torch, float32) in the same round; rounds go through all in turn. What each costs
is measured on frames of validation subjects: the largest difference of a feature, as a
share of the largest feature, and how a linear probe, fitted on features in float32 of
training subjects, then classifies them.

Legend: B frames, H rows, W columns, D features, N frames, C classes.
"""

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from table import show
from torch import Tensor, nn

from insonify.deploy.export.cost import accuracy_of, agreement
from insonify.deploy.export.graph import Graph
from insonify.deploy.export.onnx_file import write_onnx
from insonify.deploy.export.options import OPSETS, ExportOptions
from insonify.deploy.export.program import answers, read_program, trace, write_program
from insonify.deploy.export.quantised import quantise
from insonify.deploy.export.samples import Part, Samples, read_samples
from insonify.deploy.export.session import Session
from insonify.model.checkpoint import load_checkpoint
from insonify.model.encoder import Encoder
from insonify.store import Store
from insonify.transfer.examples import Examples, Floats
from insonify.transfer.fitted_probe import FittedProbe
from insonify.transfer.linear import LinearProbe

_BATCHES = (1, 64)
_SECONDS = 0.25
"""How long each is run in a round."""
_EVERY = 2
"""Of the labelled frames of validation subjects every second one is classified."""
_EAGER = "torch"
_BF16 = "torch, bf16"
Run = Callable[[Tensor], Floats]


def eager(encoder: nn.Module) -> Run:
    def run(frames_BHW: Tensor) -> Floats:
        with torch.inference_mode():
            return np.asarray(encoder(frames_BHW).numpy())

    return run


def in_bf16(encoder: nn.Module) -> Run:
    def run(frames_BHW: Tensor) -> Floats:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            return np.asarray(encoder(frames_BHW).float().numpy())

    return run


def compiled(encoder: nn.Module) -> Run:
    made = torch.compile(encoder, dynamic=False)

    def run(frames_BHW: Tensor) -> Floats:
        with torch.no_grad(), warnings.catch_warnings(action="ignore"):
            return np.asarray(made(frames_BHW).numpy())

    return run


def exported(encoder: Encoder, samples: Samples, folder: Path) -> dict[str, Run]:
    """The exports, made as `insonify export` makes them."""
    graph, size = Graph(encoder), tuple(samples.train_NHW.shape[1:])
    single, eight, traced = (folder / name for name in ("single", "eight", "m.pt2"))
    write_onnx(single, graph, (size[0], size[1]), OPSETS[0], {})
    quantise(single, eight, samples.train_NHW)
    write_program(traced, trace(graph, (size[0], size[1])))
    program = read_program(traced)
    return {
        "torch.export": lambda frames_BHW: answers(program, frames_BHW)["features"],
        "ONNX Runtime": _onnx(single),
        "ONNX Runtime, int8": _onnx(eight),
    }


def _onnx(path: Path) -> Run:
    session = Session.open(path, batch=_BATCHES[-1])
    return lambda frames_BHW: session.run(frames_BHW, ["features"])["features"]


def rates(
    runs: Mapping[str, Run], frames_BHW: Tensor, rounds: int
) -> dict[str, list[float]]:
    """Frames a second of each, by round."""
    repeats = {}
    for name, run in runs.items():
        run(frames_BHW)
        once = _seconds(run, frames_BHW, 3)
        repeats[name] = max(1, round(_SECONDS / once))
    found: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        names = [*runs] if number % 2 else [*runs][::-1]
        for name in names:
            once = _seconds(runs[name], frames_BHW, repeats[name])
            found[name].append(len(frames_BHW) / once)
    return found


def _seconds(run: Run, frames_BHW: Tensor, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        run(frames_BHW)
    return (time.perf_counter() - began) / repeats


def costs(runs: Mapping[str, Run], samples: Samples) -> dict[str, dict[str, float]]:
    """What each costs in parity and in accuracy."""
    held = samples.held
    if held is None or held.labels_N is None or samples.learning is None:
        raise SystemExit("the store has no labels of validation subjects")
    probe = _probe(runs[_EAGER], samples.learning, len(samples.classes))
    frames_NHW, labels_N = held.frames_NHW[::_EVERY], held.labels_N[::_EVERY]
    own_ND = _all(runs[_EAGER], frames_NHW)
    own_NC = probe(own_ND)
    found = {}
    for name, run in runs.items():
        features_ND = _all(run, frames_NHW)
        scores_NC = probe(features_ND)
        accuracy = accuracy_of(scores_NC, labels_N)
        found[name] = {
            "apart": float(np.abs(features_ND - own_ND).max() / np.abs(own_ND).max()),
            "same": agreement(own_NC, scores_NC),
            "F1": accuracy["macro_f1"],
            "balanced": accuracy["balanced_accuracy"],
        }
    return found


def _probe(run: Run, part: Part, classes: int) -> FittedProbe:
    assert part.labels_N is not None
    train = Examples(
        features_ND=_all(run, part.frames_NHW),
        labels_N=part.labels_N,
        subjects_N=part.subjects_N,
    )
    return LinearProbe().fit(train, train.of(frozenset()), classes, seed=0)


def _all(run: Run, frames_NHW: Tensor) -> Floats:
    """Features of all frames, in batches of one size: the last is filled up."""
    batch = _BATCHES[-1]
    parts = []
    for part in torch.split(frames_NHW, batch):
        filled = torch.cat([part, part[:1].expand(batch - len(part), -1, -1)])
        parts.append(run(filled)[: len(part)])
    return np.concatenate(parts)


def rows(
    runs: Mapping[str, Run], samples: Samples, rounds: int
) -> Iterator[dict[str, object]]:
    found = costs(runs, samples)
    for batch in _BATCHES:
        by_name = rates(runs, samples.train_NHW[:batch], rounds)
        for name, each in by_name.items():
            ratios = [a / b for a, b in zip(each, by_name[_EAGER], strict=True)]
            yield {
                "what": name,
                "batch": batch,
                "frames/s": statistics.median(each),
                "ratio": statistics.median(ratios),
                "least": min(ratios),
                "most": max(ratios),
                **found[name],
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--task", default="plane")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", default="export", help="of the JSON in results/")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    store, checkpoint = Store.open(given.store), load_checkpoint(given.checkpoint)
    samples = read_samples(
        store, checkpoint, None, ExportOptions(int8=True, task=given.task)
    )
    encoder = checkpoint.encoder
    runs = {_EAGER: eager(encoder)}
    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        runs[_BF16] = in_bf16(encoder)
    runs["torch.compile"] = compiled(encoder)
    with tempfile.TemporaryDirectory() as folder:
        runs |= exported(encoder, samples, Path(folder))
        show(given.name, [*rows(runs, samples, given.rounds)])
    held = samples.held
    assert held is not None
    print(
        f"{checkpoint.architecture}, frames of {checkpoint.size[0]} x "
        f"{checkpoint.size[1]}, {given.threads} threads; accuracy on "
        f"{len(held.frames_NHW[::_EVERY])} frames of "
        f"{len(set(held.subjects_N.tolist()))} validation subjects"
    )


if __name__ == "__main__":
    main()
