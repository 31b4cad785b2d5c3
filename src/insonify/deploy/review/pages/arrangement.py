"""Which scans are listed, in which order, and how the address says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

Scan = Mapping[str, Any]
"""One entry of ``/api/scans``."""
PER_PAGE: Final = 60


def _doubt(scan: Scan) -> tuple[float, str]:
    doubt = scan["best_doubt"]
    return (1.0 if doubt is None else -doubt, scan["video"])


ORDERS: Final[dict[str, tuple[str, Callable[[Scan], Any]]]] = {
    "subject": ("By subject", lambda scan: (scan["subject"], scan["exam"])),
    "name": ("By name", lambda scan: scan["video"]),
    "doubt": ("Most doubtful first", _doubt),
    "least": ("Least labelled first", lambda scan: (share_done(scan), scan["video"])),
    "most": ("Most labelled first", lambda scan: (-share_done(scan), scan["video"])),
    "longest": ("Longest first", lambda scan: (-scan["duration_s"], scan["video"])),
}
"""Word of the address: what people read, and by what is sorted."""


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """What somebody wants to see of the list."""

    text: str = ""
    """Words that must all occur in the scan's name, subject, exam or labels."""
    subject: str = ""
    """Only scans of this subject; empty: of all."""
    unlabelled: bool = False
    """Only scans without a label."""
    sort: str = "subject"
    """One of ``ORDERS``."""
    page: int = 1
    """Counts from 1."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Arrangement":
        """From an address; what makes no sense there is left out."""
        page, sort = query.get("page", ""), query.get("sort", "")
        return cls(
            text=query.get("q", "")[:200],
            subject=query.get("subject", ""),
            unlabelled=query.get("unlabelled") == "1",
            sort=sort if sort in ORDERS else "subject",
            page=int(page) if page.isdecimal() and 0 < int(page) < 10**6 else 1,
        )

    def query(self) -> dict[str, str]:
        """For an address; what is as it always is stays empty."""
        return {
            "q": self.text,
            "subject": self.subject,
            "unlabelled": "1" if self.unlabelled else "",
            "sort": "" if self.sort == "subject" else self.sort,
            "page": "" if self.page == 1 else str(self.page),
        }

    @property
    def address(self) -> str:
        """Path and query of the list arranged so."""
        query = urlencode({name: said for name, said in self.query().items() if said})
        return f"/?{query}" if query else "/"

    def chosen(self, scans: Sequence[Scan]) -> list[Scan]:
        """All scans that are wanted, in the wanted order, whatever the page."""
        words = self.text.casefold().split()
        _, key = ORDERS[self.sort]
        wanted = (scan for scan in scans if self._wants(scan, words))
        return sorted(wanted, key=key)

    def _wants(self, scan: Scan, words: list[str]) -> bool:
        if self.subject and scan["subject"] != self.subject:
            return False
        if self.unlabelled and scan["labels"]:
            return False
        said = (scan["video"], scan["subject"], scan["exam"], *scan["labels"])
        text = "\n".join(said).casefold()
        return all(word in text for word in words)

    def shown(self, chosen: Sequence[Scan]) -> tuple["Arrangement", list[Scan]]:
        """The scans of the page, and the arrangement with a page that exists."""
        page = min(self.page, last_page(len(chosen)))
        scans = list(chosen[(page - 1) * PER_PAGE : page * PER_PAGE])
        return replace(self, page=page), scans


def last_page(chosen: int) -> int:
    """Number of the last page of so many scans.

    >>> last_page(0), last_page(60), last_page(61)
    (1, 1, 2)
    """
    return max(1, -(-chosen // PER_PAGE))


def query_of(address: str) -> dict[str, str]:
    """What an address asks for.

    >>> query_of("/scan/v-1?frame=3")
    {'frame': '3'}
    """
    return dict(parse_qsl(urlsplit(address).query))


def share_done(scan: Scan) -> float:
    """How much of a scan's time has a label, 0 … 1.

    >>> share_done({"labelled_s": 2.0, "duration_s": 8.0, "labels": {"head": 3}})
    0.25
    """
    if not scan["labels"]:
        return 0.0
    duration = scan["duration_s"]
    return float(min(1.0, scan["labelled_s"] / duration)) if duration else 1.0
