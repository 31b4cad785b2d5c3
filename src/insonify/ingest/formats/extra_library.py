"""Libraries that only some formats need."""

from importlib import import_module
from types import ModuleType

from insonify.core.errors import IngestError


def import_extra(name: str) -> ModuleType:
    """A library of the extra ``volumes``.

    Raises:
        IngestError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise IngestError(
            f"reading this format needs {name}; pip install 'insonify[volumes]' brings "
            "it"
        ) from None
