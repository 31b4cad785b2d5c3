"""Configurations are frozen dataclasses; JSON is their record.

Every option is written, defaults included, and an unknown one is an error, so that a
run folder says exactly what was run and an old record never means something new.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from insonify.core.errors import ConfigError
from insonify.core.files import write_json
from insonify.core.records import read_object, shown

C = TypeVar("C")


def to_plain(value: Any) -> Any:
    """Turn a configuration into JSON values.

    A dataclass becomes an object of all its fields, a tuple a list, a path a string.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def from_plain(kind: type[C], plain: Any, where: str = "configuration") -> C:
    """Rebuild a configuration of type ``kind``; the inverse of :func:`to_plain`.

    An option that is None by default may be missing: in a record from before there was
    such an option it was off.

    Raises:
        ConfigError: an option is unknown, missing or of the wrong type.
    """
    return typing.cast(C, _convert(kind, plain, where))


def fields_from_plain(
    kinds: Mapping[str, Any], plain: dict[str, Any], where: str
) -> dict[str, Any]:
    """As :func:`from_plain`, for fields of these types that no class describes.

    Raises:
        ConfigError: one is unknown, missing or of the wrong type.
    """
    if unknown := sorted(set(plain) - set(kinds)):
        raise ConfigError(
            f"{where}: unknown option {shown(unknown[0])}; known: {', '.join(kinds)}"
        )
    if missing := sorted(set(kinds) - set(plain)):
        raise ConfigError(f"{where}: option {missing[0]!r} is missing; add it")
    return {
        name: _convert(kinds[name], plain[name], f"{where}.{name}") for name in plain
    }


def save_config(config: Any, path: Path) -> None:
    """Write every option of ``config``, defaults included, as JSON."""
    write_json(path, to_plain(config))


def load_config(kind: type[C], path: Path) -> C:
    """Read what :func:`save_config` wrote.

    Raises:
        ConfigError: the file is missing, not JSON, or has an unknown option.
    """
    return from_plain(kind, read_object(path), str(path))


def _convert(kind: Any, plain: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return plain
    if origin in (typing.Union, types.UnionType):
        return _convert_union(arguments, plain, where)
    if origin is typing.Literal:
        _require(plain in arguments, where, f"one of {list(arguments)}", plain)
        return plain
    if origin in (tuple, dict):
        return (_convert_tuple if origin is tuple else _convert_dict)(
            arguments, plain, where
        )
    if dataclasses.is_dataclass(kind):
        return _convert_dataclass(kind, plain, where)
    return _convert_scalar(kind, plain, where)


def _convert_scalar(kind: Any, plain: Any, where: str) -> Any:
    accepted: Any = {float: (int, float), Path: str}.get(kind, kind)
    right = isinstance(plain, accepted) and (kind is bool) == isinstance(plain, bool)
    _require(right, where, f"a value of type {kind.__name__}", plain)
    if kind is float:
        _require(_is_finite(plain), where, "a finite number", plain)
    return kind(plain)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # An integer that no float reaches.
        return False


def _convert_union(kinds: tuple[Any, ...], plain: Any, where: str) -> Any:
    if plain is None and type(None) in kinds:
        return None
    reasons = []
    for kind in kinds:
        if kind is not type(None):
            try:
                return _convert(kind, plain, where)
            except ConfigError as error:
                reasons.append(str(error))
    raise ConfigError(" or ".join(reasons))


def _convert_tuple(kinds: tuple[Any, ...], plain: Any, where: str) -> tuple[Any, ...]:
    _require(isinstance(plain, list), where, "a list", plain)
    if len(kinds) == 2 and kinds[1] is ...:
        kinds = (kinds[0],) * len(plain)
    _require(len(kinds) == len(plain), where, f"{len(kinds)} values", plain)
    return tuple(
        _convert(kind, item, f"{where}[{index}]")
        for index, (kind, item) in enumerate(zip(kinds, plain, strict=True))
    )


def _convert_dict(kinds: tuple[Any, ...], plain: Any, where: str) -> dict[str, Any]:
    _require(isinstance(plain, dict), where, "an object", plain)
    return {
        name: _convert(kinds[1], item, f"{where}.{shown(name)}")
        for name, item in plain.items()
    }


def _convert_dataclass(kind: Any, plain: Any, where: str) -> Any:
    _require(isinstance(plain, dict), where, "an object", plain)
    hints = typing.get_type_hints(kind)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    later = {field.name for field in dataclasses.fields(kind) if field.default is None}
    there = {
        name: each for name, each in fields.items() if name not in later - set(plain)
    }
    options = fields_from_plain(there, plain, where)
    try:
        return kind(**options)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _require(right: bool, where: str, wanted: str, found: Any) -> None:
    if not right:
        raise ConfigError(f"{where}: wanted {wanted}, found {shown(found)}; correct it")
