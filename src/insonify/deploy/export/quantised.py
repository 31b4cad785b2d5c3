"""A model with 8-bit weights and activations, calibrated on frames.

Static quantisation (Jacob et al., CVPR 2018) by ONNX Runtime, in QDQ form: weights are
symmetric, with a scale for each channel, activations asymmetric between the extremes
that were seen. Convolutions and matrix products are quantised; additions and pooling
between them are not, for quantised too they made batches of 64 slower and features no
better (resnet10_half, 64 x 80). A classifier's scores are left as they are.

Legend: N frames, H rows, W columns.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from insonify.core.errors import ConfigError
from insonify.deploy.export.extra import library
from insonify.deploy.export.graph import FRAMES
from insonify.deploy.export.onnx_file import share_weights

_OPERATORS: Final = ("Conv", "Gemm", "MatMul")
_AT_ONCE: Final = 16


def quantise(source: Path, path: Path, frames_NHW: Tensor) -> None:
    """Write a quantised twin of a model.

    Args:
        source: The float model.
        path: The file to write.
        frames_NHW: uint8 frames to calibrate on.

    Raises:
        ConfigError: the model has nothing to quantise.
    """
    quantization = library("onnxruntime.quantization")
    shapes = library("onnxruntime.quantization.shape_inference")
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        # Folds normalisations into convolutions and infers shapes, as is advised.
        shapes.quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        model = library("onnx").load(ready)
        if not any(node.op_type in _OPERATORS for node in model.graph.node):
            raise ConfigError("--int8: this network has no convolution; leave it out")
        quantization.quantize_static(
            str(ready),
            str(path),
            _reader(quantization.CalibrationDataReader, frames_NHW),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=list(_OPERATORS),
            nodes_to_exclude=_scoring(model.graph),
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
    share_weights(path)


def _reader(kind: Any, frames_NHW: Tensor) -> Any:
    """The frames in small batches, as the library asks for them."""
    batches: Iterator[Tensor] = iter(torch.split(frames_NHW, _AT_ONCE))

    class Reader(kind):  # type: ignore[misc]
        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(batches, None)
            return None if batch is None else {FRAMES: batch.numpy()}

    return Reader()


def _scoring(graph: Any) -> list[str]:
    """Names of the nodes that give class scores."""
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get("probabilities")
    while node is not None and node.op_type not in _OPERATORS:
        node = makers.get(node.input[0])
    return [] if node is None else [node.name]
