"""Runs what pages of the documentation tell a reader to type, as it is written.

    python tests/docs/run_pages.py PAGE... [--bin DIR]

The blocks of a page that are fenced as ``sh`` or ``python`` run in their order in one
folder that is empty at first. Python blocks are one session; every ``sh`` block is a
shell of its own. HTML comments, which a reader does not see, say what else there is:

- ``<!-- prelude: COMMANDS -->``, one a line: make what the page builds upon. Pages
  share what the same commands have made.
- ``<!-- no-run: WHY -->`` before a block: it cannot run here.
- ``<!-- serves: URL -->`` before a block: it runs until the address has answered, and
  is then stopped by Ctrl-C.

It needs no package, so that it can also try an environment with nothing but a wheel.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from threading import Timer
from typing import Final

_PATIENCE_S: Final = 600.0
"""For a single block; the machine may have much else to do."""
_PRELUDE: Final = re.compile(r"<!-- prelude:\s*(.*?)\s*-->", re.DOTALL)
_BLOCK: Final = re.compile(
    r"^(?:[ ]*<!--[ ](?P<word>no-run|serves):[ ](?P<said>.+?)[ ]-->\n\n?)?"
    r"^(?P<indent>[ ]*)```[ ]?(?P<language>sh|python)\b[^\n]*\n"
    r"(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.DOTALL | re.MULTILINE,
)
_SESSION: Final = """
import json, sys
session = {"__name__": "__main__"}
for line in sys.stdin:
    exec(compile(json.loads(line), "<page>", "exec"), session)
    print("\\0", flush=True)
"""


class PageError(Exception):
    """Something that a page says does not work."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """What a reader would paste into a terminal, or into Python."""

    language: str
    text: str
    line: int
    no_run: str = ""
    serves: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """The blocks of a page, and what must be there before them."""

    path: Path
    prelude: tuple[str, ...]
    blocks: tuple[Block, ...]


def read_page(path: Path) -> Page:
    """Find what a page tells its reader to type."""
    text = path.read_text(encoding="utf-8")
    prelude = _PRELUDE.search(text)
    lines = prelude[1].splitlines() if prelude else []
    return Page(
        path=path,
        prelude=tuple(line.strip() for line in lines if line.strip()),
        blocks=tuple(_block(found, text) for found in _BLOCK.finditer(text)),
    )


def _block(found: re.Match[str], page: str) -> Block:
    indent = len(found["indent"])
    lines = found["text"].splitlines()
    return Block(
        language=found["language"],
        text="\n".join(line[indent:] for line in lines) + "\n",
        line=page.count("\n", 0, found.start("text")) + 1,
        no_run=found["said"] if found["word"] == "no-run" else "",
        serves=found["said"] if found["word"] == "serves" else "",
    )


def run_page(page: Page, folder: Path, cache: Path, programs: Path) -> Iterator[str]:
    """Run a page in a new folder; yields what was done, a line a block.

    Args:
        page: What to run.
        folder: Absent; holds what the page makes, and the site's key.
        cache: Folder of what preludes have made; several may use it at once.
        programs: The environment's ``bin``.

    Raises:
        PageError: If a block fails, with all that it printed.
    """
    begun = _prelude(page.prelude, cache, programs)
    if begun is None:
        _new(folder)
    else:
        shutil.copytree(begun, folder, symlinks=True)
    with _python(folder, programs) as python:
        for block in page.blocks:
            where = f"{page.path.name}:{block.line}"
            if block.no_run:
                yield f"{where}: not run: {block.no_run}"
                continue
            start = time.monotonic()
            if block.language == "python":
                python.say(block.text, where)
            elif block.serves:
                _serve(block, folder, programs, where)
            else:
                _shell(block.text, folder, programs, where)
            yield f"{where}: {time.monotonic() - start:.1f} s"


def _prelude(lines: tuple[str, ...], cache: Path, programs: Path) -> Path | None:
    """What commands have made, each of them run once for all pages."""
    if not lines:
        return None
    name = sha256("\n".join(lines).encode()).hexdigest()[:16]
    made, draft = cache / name, cache / f"{name}.draft"
    with (cache / f"{name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not made.exists():
            below = _prelude(lines[:-1], cache, programs)
            shutil.rmtree(draft, ignore_errors=True)
            if below is None:
                _new(draft)
            else:
                shutil.copytree(below, draft, symlinks=True)
            _shell(lines[-1], draft, programs, f"prelude: {lines[-1]}")
            draft.rename(made)
    return made


def _new(folder: Path) -> None:
    (folder / "work").mkdir(parents=True)


def _environment(folder: Path, programs: Path) -> Mapping[str, str]:
    """As in a terminal, but with the site's key of this folder alone."""
    return os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "BROWSER": "true",  # A program that does nothing, and is content.
        "COLUMNS": "100",
    }


def _start(command: list[str], folder: Path, programs: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder / "work",
        env=_environment(folder, programs),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _shell(text: str, folder: Path, programs: Path, where: str) -> None:
    process = _start(["bash", "-euo", "pipefail", "-c", text], folder, programs)
    try:
        said, _ = process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        said = _end(process)
        raise PageError(f"{where}: no end after {_PATIENCE_S} s\n{said}") from None
    if process.returncode:
        raise PageError(f"{where}: exit code {process.returncode}\n{text}\n{said}")


def _serve(block: Block, folder: Path, programs: Path, where: str) -> None:
    """Start what serves, ask it, and stop it as a reader would."""
    if _answers(block.serves):
        raise PageError(f"{where}: something else answers at {block.serves}")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As for a job in the background, whose children would ignore it as well.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = _start(["bash", "-c", f"exec {block.text}"], folder, programs)
    end = time.monotonic() + _PATIENCE_S
    answered = False
    while not answered and process.poll() is None and time.monotonic() < end:
        time.sleep(0.2)
        answered = _answers(block.serves)
    said = _end(process, signal.SIGINT)
    if not answered:
        raise PageError(f"{where}: no answer at {block.serves}\n{said}")
    if process.returncode not in (0, 130):
        raise PageError(f"{where}: stopped with {process.returncode}\n{said}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _end(process: subprocess.Popen[str], how: int = signal.SIGKILL) -> str:
    """End a process and its children; what it had printed."""
    if process.poll() is None:
        os.killpg(process.pid, how)
    try:
        return process.communicate(timeout=30)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


class _Session:
    """An interpreter that is started when it is first spoken to."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder, self._programs = folder, programs
        self._process: subprocess.Popen[str] | None = None

    def say(self, text: str, where: str) -> None:
        """Run some lines; PageError if they fail."""
        if self._process is None:
            command = [str(self._programs / "python"), "-c", _SESSION]
            self._process = _start(command, self._folder, self._programs)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        timer = Timer(_PATIENCE_S, process.kill)
        timer.start()
        said, ended = [], False
        try:
            for line in process.stdout:
                ended = line == "\0\n"
                if ended:
                    break
                said.append(line)
        finally:
            timer.cancel()
        if not ended:
            raise PageError(f"{where}: Python failed\n{text}\n{''.join(said)}")

    def close(self) -> None:
        """End the interpreter."""
        if self._process is not None:
            _end(self._process)


@contextmanager
def _python(folder: Path, programs: Path) -> Iterator[_Session]:
    session = _Session(folder, programs)
    try:
        yield session
    finally:
        session.close()


def main() -> int:
    """Run pages; 1 if one of them fails, with what it printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    parser.add_argument(
        "--bin",
        type=Path,
        default=Path(sys.executable).parent,
        help="folder of the programs to try; by default that of this Python",
    )
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="insonify-pages-") as name:
        scratch = Path(name)
        (scratch / "cache").mkdir()
        for number, path in enumerate(options.pages):
            page, folder = read_page(path), scratch / f"page-{number}"
            programs = options.bin.absolute()
            try:
                for told in run_page(page, folder, scratch / "cache", programs):
                    sys.stdout.write(f"{told}\n")
                    sys.stdout.flush()
            except PageError as error:
                sys.stdout.write(f"WRONG {error}\n")
                failed += 1
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
