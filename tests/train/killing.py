"""Runs that are watched, or killed at a chosen step."""

from collections.abc import Callable

from insonify.train.watch import Progress


def watch(progress: Progress) -> None:
    assert progress.step.seconds >= progress.step.waited


class KilledError(Exception):
    """Stands for a kill at a chosen step."""


def die_at(step: int) -> Callable[[Progress], None]:
    def die(progress: Progress) -> None:
        if progress.step.step == step:
            raise KilledError

    return die
