"""ONNX files of others, looked through before anything runs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from insonify.core.errors import CheckpointError
from insonify.deploy.export.extra import library

_DOMAINS: Final = frozenset({"", "ai.onnx", "com.microsoft"})
"""Of operators that ONNX Runtime itself brings."""


def read_model(path: Path) -> bytes:
    """The bytes of a model that is whole in itself.

    Raises:
        CheckpointError: it is missing or damaged, keeps weights in other files, or
            needs operators of a library that would have to be loaded.
        ConfigError: onnx is not installed.
    """
    onnx = library("onnx")
    try:
        data = path.read_bytes()
        model = onnx.load_model_from_string(data)
    except (OSError, library("google.protobuf.message").DecodeError) as error:
        raise CheckpointError(
            f"{path}: no readable ONNX model ({type(error).__name__}); export again"
        ) from None
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise CheckpointError(
                f"{path}: keeps weights in another file, which could be any file of "
                "this machine; it was refused: name an export of `insonify export`"
            )
    if foreign := sorted({node.domain for node in _nodes(model)} - _DOMAINS):
        raise CheckpointError(
            f"{path}: needs operators of {foreign[0]!r}, which ONNX Runtime does not "
            "have; no library is loaded for a model: name an export of `insonify "
            "export`"
        )
    return data


def _graphs(graph: Any) -> Iterator[Any]:
    """A graph, and those inside its nodes."""
    yield graph
    for node in graph.node:
        yield from _inner(node)


def _inner(node: Any) -> Iterator[Any]:
    for attribute in node.attribute:
        for inner in (*attribute.graphs, *_one(attribute, "g")):
            yield from _graphs(inner)


def _nodes(model: Any) -> Iterator[Any]:
    for graph in _all(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def _all(model: Any) -> Iterator[Any]:
    yield from _graphs(model.graph)
    for training in model.training_info:
        yield from _graphs(training.initialization)
        yield from _graphs(training.algorithm)
    for function in model.functions:
        for node in function.node:
            yield from _inner(node)


def _tensors(model: Any) -> Iterator[Any]:
    for graph in _all(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from (*attribute.tensors, *_one(attribute, "t"))
            for sparse in (
                *attribute.sparse_tensors,
                *_one(attribute, "sparse_tensor"),
            ):
                yield from (sparse.values, sparse.indices)


def _one(attribute: Any, field: str) -> list[Any]:
    return [getattr(attribute, field)] if attribute.HasField(field) else []
