"""A card as sections of text, and these as Markdown.

Model cards and data sheets differ in what they say, not in how it is shown: both are
documents of sections, for the template ``card.html`` and for Markdown alike.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_SPECIAL: Final = re.compile(r"[\\`*<|~]|](?=[(\[:])|(?<!\w)_|_(?!\w)")
"""What Markdown would take for more than a character: marks, ends of links, and bars
but within a word."""
_BEGINNING: Final = re.compile(r"^([#+>-]|\d+(?=[.)]))")
"""What begins a heading or a list where it begins a line."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    folded: bool = False
    """Whether a page shows it only when it is opened."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """What stands under one heading, in this order."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    """Names and values."""
    sentences: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """A model card or a data sheet."""

    title: str
    sections: tuple[Section, ...]


def as_markdown(documents: Sequence[Document], notice: str) -> str:
    """The documents as Markdown (CommonMark with tables).

    Args:
        documents: One or more.
        notice: What stands under each title.
    """
    blocks: list[str] = []
    for document in documents:
        blocks += [f"# {escaped(document.title)}", f"> **{escaped(notice)}**"]
        for section in document.sections:
            blocks += [f"## {escaped(section.title)}", *_blocks(section)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    r"""Text that Markdown shows as it is, on one line.

    >>> print(escaped("a|b <c>"))
    a\|b \<c>
    """
    one_line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\g<0>", one_line)


def _blocks(section: Section) -> Iterator[str]:
    if section.facts:
        yield _table(("", ""), section.facts)
    if section.sentences:
        yield "\n".join(f"- {_item(sentence)}" for sentence in section.sentences)
    if section.commands:
        yield "\n\n".join(map(_indented, section.commands))
    for grid in section.grids:
        if grid.title:
            yield f"### {escaped(grid.title)}"
        yield _table(grid.heads, grid.rows)


def _indented(command: str) -> str:
    return "\n".join(f"    {line}" for line in command.splitlines())


def _item(sentence: str) -> str:
    return _BEGINNING.sub(r"\\\1", escaped(sentence))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, *rows]
    cells = [[escaped(cell) for cell in line] for line in lines]
    cells.insert(1, ["---"] * len(heads))
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)
