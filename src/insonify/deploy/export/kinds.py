"""The kinds of export: each writes its files into a folder and checks them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from insonify.deploy.export.about import NOTICE
from insonify.deploy.export.cost import measure_cost
from insonify.deploy.export.graph import Graph
from insonify.deploy.export.job import Job, Made
from insonify.deploy.export.onnx_file import write_onnx
from insonify.deploy.export.options import BATCH, Kind
from insonify.deploy.export.program import answers, read_program, trace, write_program
from insonify.deploy.export.quantised import quantise
from insonify.deploy.export.session import Session
from insonify.deploy.export.timm_weights import (
    CONFIG,
    WEIGHTS,
    Weights,
    from_folder,
    normalised,
    rebuilt,
    timm_weights,
    write_config,
    write_weights,
)
from insonify.transfer.examples import Floats

OnProgress = Callable[[str], None]
_MODEL: Final = "model.onnx"
_EIGHT: Final = "model_int8.onnx"
_PROGRAM: Final = "model.pt2"


def as_onnx(job: Job, draft: Path, on_progress: OnProgress) -> Made:
    """A model for ONNX Runtime and others; with 8 bits another one."""
    graph, classes = Graph(job.checkpoint.encoder, job.heads), _classes(job)
    facts = {"notice": NOTICE, "classes": classes, "outputs": graph.outputs}
    on_progress("writing ONNX")
    write_onnx(draft / _MODEL, graph, job.size, job.options.opset, facts)
    on_progress("checking")
    session = Session.open(draft / _MODEL, batch=BATCH)
    differences = job.check(
        lambda frames: session.run(frames, graph.outputs), graph.outputs
    )
    files, more = [_MODEL], {}
    if job.options.int8:
        assert job.samples is not None
        on_progress("calibrating 8 bits")
        quantise(draft / _MODEL, draft / _EIGHT, job.samples.train_NHW)
        eight = Session.open(draft / _EIGHT, batch=BATCH)
        on_progress("measuring what 8 bits cost")
        more["int8"] = measure_cost(session, eight, job.samples, classes)
        files.append(_EIGHT)
    return Made(
        model=files[-1],
        files=tuple(files),
        outputs=graph.outputs,
        classes=classes,
        differences=differences,
        more=more,
    )


def as_torch(job: Job, draft: Path, on_progress: OnProgress) -> Made:
    """A program of torch.export."""
    graph = Graph(job.checkpoint.encoder, job.heads)
    on_progress("tracing")
    write_program(draft / _PROGRAM, trace(graph, job.size))
    on_progress("checking")
    program = read_program(draft / _PROGRAM)
    return Made(
        model=_PROGRAM,
        files=(_PROGRAM,),
        outputs=graph.outputs,
        classes=_classes(job),
        differences=job.check(lambda frames: answers(program, frames), graph.outputs),
    )


def as_timm(job: Job, draft: Path, on_progress: OnProgress) -> Made:
    """Weights for ``timm.create_model(...)`` and ``load_state_dict``."""
    weights = _weights(job, draft, on_progress)
    return _of_timm(job, weights, rebuilt(draft, weights.build))


def as_huggingface(job: Job, draft: Path, on_progress: OnProgress) -> Made:
    """A folder that timm loads by itself, from a disk or a hub."""
    weights = _weights(job, draft, on_progress)
    encoder = job.checkpoint.encoder
    mean, std = encoder.mean.item(), encoder.std.item()
    write_config(draft / CONFIG, weights, job.size, mean, std)
    return _of_timm(job, weights, from_folder(draft))


KINDS: Final[dict[Kind, Callable[[Job, Path, OnProgress], Made]]] = {
    "onnx": as_onnx,
    "torch": as_torch,
    "timm": as_timm,
    "huggingface": as_huggingface,
}


def _classes(job: Job) -> tuple[str, ...]:
    return () if job.heads is None or job.heads.probe is None else job.heads.classes


def _weights(job: Job, draft: Path, on_progress: OnProgress) -> Weights:
    on_progress("writing weights")
    probe = None if job.heads is None else job.heads.probe
    weights = timm_weights(job.checkpoint.encoder, probe, _classes(job))
    write_weights(draft / WEIGHTS, weights)
    return weights


def _of_timm(job: Job, weights: Weights, net: nn.Module) -> Made:
    """Check a network that timm has built."""
    encoder = job.checkpoint.encoder
    mean, std = encoder.mean.item(), encoder.std.item()
    timm_net: Any = net

    def run(frames_BHW: Tensor) -> dict[str, Floats]:
        with torch.no_grad():
            map_BD = timm_net.forward_features(normalised(frames_BHW, mean, std))
            features = timm_net.forward_head(map_BD, pre_logits=True)
            found = {"features": features.numpy()}
            if weights.classes:
                scores = timm_net.forward_head(map_BD)
                found["probabilities"] = scores.softmax(1).numpy()
        return found

    names = ("features", "probabilities") if weights.classes else ("features",)
    saliency = job.heads is not None and job.heads.has_saliency
    return Made(
        model=WEIGHTS,
        files=(WEIGHTS,),
        outputs=("scores",) if weights.classes else ("features",),
        classes=weights.classes,
        differences=job.check(run, names),
        left_out=(f"saliency: --to {job.options.to} has classes only",) * saliency,
        more={"build": weights.build},
    )
