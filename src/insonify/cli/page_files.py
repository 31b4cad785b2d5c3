"""Pages that commands write where they are asked to."""

from pathlib import Path
from typing import Final

from insonify.core.errors import ConfigError

_ENDINGS: Final = (".html", ".md", ".json")


def check_page(out: Path, *beside: Path, overwrite: bool) -> None:
    """Refuse a page that cannot be written, before there is any work.

    Args:
        out: The page.
        beside: Other files that are written with it.
        overwrite: Whether files that are there may be replaced.

    Raises:
        ConfigError: the ending is none that a page has, or a file is there.
    """
    if out.suffix not in _ENDINGS:
        raise ConfigError(
            f"{out}: --out ends in {out.suffix!r}; end it in {', '.join(_ENDINGS)}"
        )
    for path in (out, *beside):
        if path.exists() and not overwrite:
            raise ConfigError(f"{path}: exists; name another --out or pass --overwrite")


def check_page_holds(out: Path, *, tables: bool) -> None:
    """Refuse a page that would be empty.

    Args:
        out: The page.
        tables: Whether there are tables of predictions.

    Raises:
        ConfigError: it is no .html, and there are no tables.
    """
    if not tables and out.suffix != ".html":
        raise ConfigError(
            f"{out}: {out.suffix} holds tables of predictions, and none are named; end "
            "--out in .html, or name a predictions file"
        )
