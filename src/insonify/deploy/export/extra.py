"""Libraries that only exporting to ONNX needs."""

from importlib import import_module
from typing import Any

from insonify.core.errors import ConfigError


def library(name: str) -> Any:
    """A library of the extra ``export``, or one of its modules.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"ONNX needs {name.partition('.')[0]}, which cannot be imported ({error}); "
            "pip install 'insonify[export]'"
        ) from None
