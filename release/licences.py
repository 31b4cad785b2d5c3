"""Writes docs/reference/licences.md: what insonify needs, and under which licences.

    python release/licences.py            # write it, from the environment it runs in
    python release/licences.py --check    # 1 if it is not what would be written

Dependencies are followed through their metadata, as pip does. A licence is what a
package declares: its ``License-Expression``, or else its ``License`` field or its
classifiers, as they stand. The environment must be that of ``constraints.txt``, with
all extras (``make`` sets it up).
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, files
from typing import Final, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tree import ROOT

PAGE: Final = ROOT / "docs" / "reference" / "licences.md"
_OURS: Final = "insonify"
_EXTRAS: Final = ("baselines", "dicom", "export", "ray", "review", "volumes", "docs")
_COPYLEFT: Final = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|CDDL|EUPL|General Public)")
_PROPRIETARY: Final = re.compile(r"proprietary", re.IGNORECASE)
_BUNDLED: Final = {
    "x264": "GPL-2.0-or-later",
    "x265": "GPL-2.0-or-later",
    "avcodec": "LGPL-3.0-or-later, as it says of itself",
    "gmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "nettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "gnutls": "LGPL-2.1-or-later",
    "unistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "mp3lame": "LGPL-2.0-or-later",
    "asound": "LGPL-2.1-or-later",
    "gfortran": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "quadmath": "LGPL-2.1-or-later",
    "gomp": "GPL-3.0-or-later WITH GCC-exception-3.1",
}
"""Libraries under copyleft that wheels may bring along, by the name of their file."""

_INTRODUCTION: Final = """\
# Licences of what insonify needs

Made by `python release/licences.py` from the metadata of the packages that
`constraints.txt` pins, on Linux; elsewhere a few differ. A licence stands here as its
package declares it. This is no legal advice.

insonify itself is under Apache-2.0. None of its hard dependencies declares the GPL, the
LGPL or the AGPL; what declares another copyleft licence is marked. What wheels bring
along as binaries stands under another licence at times: see
[the last table](#what-wheels-bring-along).
"""
_BINARIES: Final = """\
## What wheels bring along

Libraries under a copyleft licence that lie in wheels as binaries. PyAV's wheel holds
x264 and x265, which are under the GPL. `insonify render` writes mp4 with x264 and
refuses where there is none; `insonify phantom` writes MPEG-4 there; nothing else needs
either. Using them asks nothing of you; who passes on an image or an installer with that
wheel in it passes on x264 and x265, on the GPL's terms.

| package | library | licence |
|---|---|---|"""


class Package(NamedTuple):
    """A package that is needed."""

    name: str
    version: str
    licence: str
    """As it is declared; several licences are joined."""

    @property
    def note(self) -> str:
        """What somebody who passes it on should look at."""
        if _COPYLEFT.search(self.licence):
            return "copyleft"
        return "not free" if _PROPRIETARY.search(self.licence) else ""


def needed(extra: str = "") -> list[Package]:
    """What insonify needs, directly or not, in the order of names.

    Args:
        extra: One of its extras; then what that needs beyond the hard dependencies.
    """
    hard = _closure("")
    names = hard if not extra else _closure(extra) - hard
    return [_described(distribution(name)) for name in sorted(names)]


def bundled() -> list[tuple[str, str, str]]:
    """Package, library and licence of what wheels of ours bring along as binaries."""
    found = set()
    for name in _closure("") | {each for extra in _EXTRAS for each in _closure(extra)}:
        for file in files(name) or ():
            library = re.match(r"lib([a-z0-9]+?)[-.].*\bso\b", file.name)
            if library and library[1] in _BUNDLED:
                found.add((name, f"lib{library[1]}", _BUNDLED[library[1]]))
    return sorted(found)


def page() -> str:
    """The content of docs/reference/licences.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield from _section("Always installed", "", needed())
    for extra in _EXTRAS:
        what = f"What `pip install 'insonify[{extra}]'` adds to them."
        yield from _section(f"Extra `{extra}`", what, needed(extra))
    yield _BINARIES
    for row in bundled():
        yield f"| {' | '.join(row)} |"


def _section(title: str, what: str, packages: list[Package]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    if what:
        yield what
        yield ""
    yield "| package | version | licence | |"
    yield "|---|---|---|---|"
    for each in packages:
        yield f"| {each.name} | {each.version} | {each.licence} | {each.note} |"
    yield ""


def _closure(extra: str) -> set[str]:
    """Names of all that insonify with one extra needs; itself left out."""
    open_, known = [(_OURS, extra)], set()
    while open_:
        name, asked = open_.pop()
        if (name, asked) in known:
            continue
        known.add((name, asked))
        for requirement in map(Requirement, _requires(name, asked)):
            inner, marker = canonicalize_name(requirement.name), requirement.marker
            if marker is None or marker.evaluate({"extra": asked}):
                open_ += [(inner, each) for each in ("", *requirement.extras)]
    return {name for name, _ in known} - {_OURS}


def _requires(name: str, extra: str) -> list[str]:
    """What a package says that it requires; of ours the file says it, not a build."""
    if name != _OURS:
        return distribution(name).requires or []
    with (ROOT / "pyproject.toml").open("rb") as file:
        ours = tomllib.load(file)["project"]
    return [*ours["dependencies"], *ours["optional-dependencies"].get(extra, ())]


def _described(found: Distribution) -> Package:
    about = found.metadata
    name = canonicalize_name(about["Name"])
    return Package(name, about["Version"], _licence(found))


def _licence(found: Distribution) -> str:
    about = found.metadata
    if "License-Expression" in about:
        return about["License-Expression"]
    field = about["License"].strip() if "License" in about else ""
    if field and "\n" not in field and field != "UNKNOWN":
        return field
    return _joined(about.get_all("Classifier") or ()) or "not declared"


def _joined(classifiers: Iterable[str]) -> str:
    mark = "License :: "
    own = [each.rpartition(" :: ")[2] for each in classifiers if mark in each]
    return ", ".join(own)


def main() -> int:
    """Write the page, or compare it; 1 if it is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    checked = parser.parse_args().check
    text = page()
    if checked:
        return int(not PAGE.exists() or PAGE.read_text() != text)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
