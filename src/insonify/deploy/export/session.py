"""ONNX Runtime with one model: frames to answers.

Legend: B frames, H rows, W columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from insonify.core.errors import CheckpointError, ConfigError
from insonify.deploy.export.extra import library
from insonify.deploy.export.graph import FRAMES
from insonify.deploy.export.model_file import read_model
from insonify.transfer.examples import Floats

_ERRORS: Final = (
    "Fail",
    "InvalidArgument",
    "InvalidGraph",
    "InvalidProtobuf",
    "NotImplemented",
    "RuntimeException",
)
_ONLY_ERRORS: Final = 3
"""Severity from which ONNX Runtime speaks up."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Session:
    """A model on the CPU, ready to run.

    Attributes:
        path: The file, for messages.
        runtime: ONNX Runtime's session.
        size: Rows and columns of the frames that it takes.
        outputs: Names of its outputs.
        batch: Most frames that are run at a time.
    """

    path: Path
    runtime: Any
    size: tuple[int, int]
    outputs: tuple[str, ...]
    batch: int

    @classmethod
    def open(cls, path: Path, *, threads: int | None = None, batch: int) -> "Session":
        """Open a model that takes uint8 frames (any, H, W) named ``frames``.

        Args:
            path: The file.
            threads: Threads to compute with; None: as many as torch takes.
            batch: Most frames to run at a time.

        Raises:
            CheckpointError: it is missing, damaged, unsafe to load, or another model.
            ConfigError: onnx or onnxruntime is not installed, or a number below 1.
        """
        if batch < 1 or (threads is not None and threads < 1):
            raise ConfigError(
                f"threads and batch must be at least 1, found {threads} and {batch}"
            )
        runtime = _started(path, threads or torch.get_num_threads())
        found = [(each.name, each.type, each.shape) for each in runtime.get_inputs()]
        match found:
            case [(str(name), "tensor(uint8)", [str(), int(height), int(width)])] if (
                name == FRAMES
            ):
                outputs = tuple(each.name for each in runtime.get_outputs())
                return cls(
                    path=path,
                    runtime=runtime,
                    size=(height, width),
                    outputs=outputs,
                    batch=batch,
                )
        raise CheckpointError(
            f"{path}: takes {found}, not uint8 frames (batch, rows, columns) named "
            f"{FRAMES!r}; name an export of `insonify export`"
        )

    def run(self, frames_BHW: Tensor, names: Sequence[str]) -> dict[str, Floats]:
        """Some of the outputs; what only others need is not computed.

        Raises:
            ConfigError: frames are of another type or size.
        """
        if frames_BHW.dtype != torch.uint8 or frames_BHW.shape[1:] != self.size:
            rows, columns = self.size
            raise ConfigError(
                f"{self.path.name} takes uint8 frames of {rows} x {columns}, found "
                f"{str(frames_BHW.dtype).removeprefix('torch.')} of shape "
                f"{tuple(frames_BHW.shape)}; make them with `views`"
            )
        options = library("onnxruntime").RunOptions()
        options.only_execute_path_to_fetches = True
        parts = [
            self.runtime.run(list(names), {FRAMES: part.cpu().numpy()}, options)
            for part in torch.split(frames_BHW, self.batch)
        ]
        joined = [np.concatenate(each) for each in zip(*parts, strict=True)]
        return dict(zip(names, joined, strict=True))


def _started(path: Path, threads: int) -> Any:
    onnxruntime = library("onnxruntime")
    state = library("onnxruntime.capi.onnxruntime_pybind11_state")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ONLY_ERRORS
    data = read_model(path)
    try:
        return onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )
    except tuple(getattr(state, name) for name in _ERRORS) as error:
        raise CheckpointError(
            f"{path}: ONNX Runtime refuses this model ({str(error).splitlines()[0]}); "
            "export again"
        ) from None
