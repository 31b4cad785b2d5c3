"""Cells of tables that people open in a spreadsheet."""

from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@")


def plain_cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula, or for the end of a row.

    Labels, classes and names of authors are free text, and a program that opens a CSV
    computes what begins like a formula: it may read other cells and ask a server for a
    page. With an apostrophe before it, it is text.

    >>> plain_cell("=HYPERLINK(A1)"), plain_cell("head"), plain_cell("-0.5")
    ("'=HYPERLINK(A1)", 'head', '-0.5')
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # csv does not quote it.
    formula = text.lstrip().startswith(_FORMULA) and not _is_number(text)
    return f"'{text}" if formula else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
