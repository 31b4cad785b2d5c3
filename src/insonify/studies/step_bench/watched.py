"""Options and a network that tell a clock what they are about; nothing else changes.

It is the step that ``insonify pretrain`` runs, not a copy of it, that is timed.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import wraps
from typing import Any, Final, TypeVar

from torch import nn

from insonify.model.joint import JointModel
from insonify.model.teacher import Teacher
from insonify.studies.step_bench.clock import Clock
from insonify.train.options import PretrainOptions

TRANSFER: Final = "to the device, as float"
WARPS: Final = "flip, warps"
LOOKS: Final = "brightness, texture"
ENCODER: Final = "encoder forward"
HEADS: Final = "heads, losses, scores"
_ACTS: Final = ("sample", "apply", "told")
_ASKS: Final = ("loss", "score")
_T = TypeVar("_T")


def watched_options(options: PretrainOptions, clock: Clock) -> PretrainOptions:
    """Options whose flip, tasks, texture and brightness are clocked.

    To be used inside of a part ``TRANSFER``, which ends with the flip.
    """
    on = options.tasks
    tasks = {
        each.name: _clocked(
            getattr(options, each.name),
            clock,
            dict.fromkeys(_ACTS, WARPS) | dict.fromkeys(_ASKS, HEADS),
        )
        for each in fields(options)
        if each.name in on
    }
    flip = _clocked(options.flip, clock, dict.fromkeys(_ACTS, WARPS))
    looks = dict.fromkeys(_ACTS, LOOKS)
    return replace(
        options,
        flip=_then(flip, "apply", lambda: clock.go_on_as(HEADS)),
        texture=_clocked(options.texture, clock, looks),
        photometric=_clocked(options.photometric, clock, looks),
        **tasks,
    )


def watch_network(model: JointModel, clock: Clock) -> Callable[[], None]:
    """Clock the encoder's forward pass, its branches' and teachers' with it.

    Returns:
        What ends it.
    """
    handles = []
    for module in _encoding(model):
        handles += [
            module.register_forward_pre_hook(lambda *_: clock.enter(ENCODER)),
            module.register_forward_hook(lambda *_: clock.leave()),
        ]

    def end() -> None:
        for handle in handles:
            handle.remove()

    return end


def _encoding(model: JointModel) -> Iterator[nn.Module]:
    """The encoder, and what tasks call of it one by one: stages, and their blocks."""
    yield model.encoder
    yield from _down(model.encoder.backbone.children(), 2)
    yield from _down(model.branches.children(), 3)
    for teacher in model.teachers.children():
        assert isinstance(teacher, Teacher)
        yield teacher.encoder


def _down(modules: Iterable[nn.Module], levels: int) -> Iterator[nn.Module]:
    for module in modules:
        yield module
        if levels > 1:
            yield from _down(module.children(), levels - 1)


def _clocked(thing: _T, clock: Clock, parts: dict[str, str]) -> _T:
    """A twin of a frozen dataclass whose methods are of parts."""
    methods = {
        name: _of_part(getattr(type(thing), name), clock, part)
        for name, part in parts.items()
        if hasattr(type(thing), name)
    }
    return _twin(thing, methods)


def _of_part(method: Callable[..., Any], clock: Clock, part: str) -> Callable[..., Any]:
    @wraps(method)
    def run(*arguments: Any, **options: Any) -> Any:
        with clock.part(part):
            return method(*arguments, **options)

    return run


def _then(thing: _T, name: str, after: Callable[[], None]) -> _T:
    method = getattr(type(thing), name)

    @wraps(method)
    def run(*arguments: Any, **options: Any) -> Any:
        found = method(*arguments, **options)
        after()
        return found

    return _twin(thing, {name: run})


def _twin(thing: _T, methods: dict[str, Callable[..., Any]]) -> _T:
    twin = copy.copy(thing)
    kind = type(thing)
    object.__setattr__(twin, "__class__", type(kind.__name__, (kind,), methods))
    return twin
