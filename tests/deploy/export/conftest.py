"""Exports of each kind, made once; read them only."""

from pathlib import Path

import pytest

from insonify.deploy.export.options import ExportOptions, Kind
from insonify.deploy.export.run import Exported, export
from insonify.deploy.heads import Heads
from insonify.store import Store

KINDS: tuple[Kind, ...] = ("onnx", "torch", "timm", "huggingface")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the exports are, each in a folder named by its kind."""
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="session")
def exports(folder: Path, heads: Heads, spots: Store) -> dict[Kind, Exported]:
    """An export of each kind, with heads; that to ONNX with 8 bits too."""
    found = {}
    for kind in KINDS:
        options = ExportOptions(to=kind, int8=kind == "onnx", frames=24)
        found[kind] = export(
            heads.checkpoint, folder / kind, options, heads=heads, store=spots
        )
    return found
