"""Undo and redo, against a stack for each author; and two apps on one store."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.deploy.review.archive import Archive
from insonify.deploy.review.book import Book
from insonify.deploy.review.decisions import Decisions, last_decision, last_undo
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.refusals import Refusal
from insonify.store import Store
from tests.deploy.review.conftest import ADA, BEN, VIDEO, FakeClock

STEPS = st.lists(
    st.tuples(st.sampled_from(["label", "undo", "redo"]), st.sampled_from([ADA, BEN])),
    max_size=14,
)


class Stacks:
    """What an editor would do: done and undone labels of each author."""

    def __init__(self) -> None:
        self.done: dict[str, list[str]] = {ADA: [], BEN: []}
        self.undone: dict[str, list[str]] = {ADA: [], BEN: []}

    def step(self, kind: str, author: str, name: str) -> bool:
        """Whether there was anything to do."""
        done, undone = self.done[author], self.undone[author]
        if kind == "label":
            done.append(name)
            undone.clear()
        elif kind == "undo" and done:
            undone.append(done.pop())
        elif kind == "redo" and undone:
            done.append(undone.pop())
        else:
            return False
        return True


@pytest.fixture(scope="module")
def empty(spots: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("decisions") / "store"
    shutil.copytree(spots.path, path)
    return Store.open(path)


@settings(max_examples=12)
@given(steps=STEPS)
def test_undo_and_redo_are_those_of_an_editor(
    empty: Store, steps: list[tuple[str, str]]
) -> None:
    task = f"task {len(empty.reviews())}"  # each example has a log of its own
    archive = Archive(empty, FakeClock())
    book = Book(archive, task)
    decisions, stacks = Decisions(archive, book), Stacks()
    entry = archive.now()[VIDEO]
    for number, (kind, author) in enumerate(steps):
        name = f"label {number}"
        try:
            if kind == "label":
                decisions.label(entry, name, (None, None), author)
            else:
                getattr(decisions, kind)(entry, author)
        except Refusal:
            assert not stacks.step(kind, author, name)
        else:
            assert stacks.step(kind, author, name)
        log = book.log(entry)
        standing = {
            row["label"]
            for row in log.rows
            if row["undoes"] is None and row["event"] not in log.gone
        }
        assert standing == {*stacks.done[ADA], *stacks.done[BEN]}
        for one in (ADA, BEN):
            assert (last_decision(log, one) is not None) == bool(stacks.done[one])
            assert (last_undo(log, one) is not None) == bool(stacks.undone[one])


def test_two_apps_see_each_other(desk: Desk, tmp_path: Path) -> None:
    """On the next request, once the second between two looks is over."""
    clock = FakeClock()
    other = Archive(Store.open(tmp_path / "store"), clock)
    book = Book(other, "spot")
    entry = other.now()[VIDEO]
    before = book.stretches(entry)
    desk.label(VIDEO, "small", 0.5, 0.6, ADA)
    assert book.stretches(entry) == before
    clock.now_s += 1
    other.now()
    assert [one.label for one in book.stretches(entry)] == ["small", "large"]
    Decisions(other, book).label(entry, "large", (0.5, 0.52), BEN)
    desk._archive.look()
    found = desk.labels(VIDEO, ADA)["stretches"]
    assert [(one["label"], one["author"]) for one in found] == [
        ("large", BEN),
        ("small", ADA),
        ("large", None),
    ]
    assert len(Store.open(tmp_path / "store").reviews()) == 2


def test_what_another_clock_wrote_is_not_in_the_way(desk: Desk, tmp_path: Path) -> None:
    """A decision comes after all that its author saw, whatever the clock says."""
    from insonify.store import Review  # noqa: PLC0415

    late: dict[str, Any] = {"start_s": None, "end_s": None, "author": BEN}
    Store.open(tmp_path / "store").review(
        [
            Review(
                video=VIDEO,
                task="spot",
                label="large",
                unix_ms=2**42,
                event="0" * 16,
                **late,
            )
        ]
    )
    desk._archive.look()
    found = desk.label(VIDEO, "small", None, None, ADA)["stretches"]
    assert [one["label"] for one in found] == ["small"]
