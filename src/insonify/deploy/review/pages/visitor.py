"""Who looks, and in which light: what a browser remembers in cookies of its own.

Cookies, not the storage of the page: the first answer is already in the right light,
which matters in a dark room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

_MOST: Final = 40
AUTHOR: Final = "author"
LIGHT: Final = "light"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """One browser."""

    author: str
    """Name that labels are given under; empty: none chosen yet."""
    light: bool
    """Whether the pages are light; else they are dark."""

    @classmethod
    def read(cls, cookies: Mapping[str, str], author_hint: str | None) -> "Visitor":
        """From the cookies; the hint is the author where none was chosen."""
        chosen = author_of(unquote(cookies.get(f"insonify_{AUTHOR}", "")))
        return cls(
            author=chosen or author_hint or "",
            light=cookies.get(f"insonify_{LIGHT}") == "1",
        )


def author_of(text: str) -> str:
    """What of a text can be an author: printable, at most 40 characters.

    >>> author_of("  Dr. Ada   Byron ")
    'Dr. Ada Byron'
    """
    kept = "".join(letter for letter in text if letter.isprintable())
    return " ".join(kept.split())[:_MOST].strip()
