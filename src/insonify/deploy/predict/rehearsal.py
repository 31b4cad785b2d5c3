"""Reads every file whole in a process of its own, before it is predicted in this one.

A file that kills, hangs or fills whoever decodes it is found out there, and costs
itself only. It is decoded once more for that.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from insonify.core.errors import IngestError
from insonify.deploy.predict.decoding import Job, decode
from insonify.deploy.predict.sources import Item, Reading
from insonify.ingest.engine.limits import WHY_LOST, Lost
from insonify.ingest.engine.pool import work_through


def rehearsed(
    items: Iterable[Item], reading: Reading, is_done: Callable[[str], bool]
) -> Iterator[tuple[Item, str | None]]:
    """Each item, and why it is refused if its file cannot be read.

    Args:
        items: What is to be predicted, in order; a few are taken ahead.
        reading: How files are read, in how many processes and within which limits;
            without processes nothing is read here.
        is_done: Whether the content of this pseudonym needs no reading any more.

    Raises:
        ConfigError: processes cannot be started here.
    """
    if reading.workers == 0:
        yield from ((item, None) for item in items)
        return
    ahead: deque[Item] = deque()

    def jobs() -> Iterator[Job]:
        for item in items:
            ahead.append(item)
            path = item.unread if _is_new(item, is_done) else None
            yield Job(path, reading.options)

    reasons = work_through(
        decode, jobs(), workers=reading.workers, lost=_lost, limits=reading.limits
    )
    for reason in reasons:
        yield ahead.popleft(), reason


def _lost(_: Job, how: Lost) -> str:
    return WHY_LOST[how]


def _is_new(item: Item, is_done: Callable[[str], bool]) -> bool:
    try:
        return not is_done(item.name())
    except IngestError:  # Whoever predicts it meets this again, and lists it.
        return False
