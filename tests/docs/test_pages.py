"""Every command and every line of Python on a page runs as it is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.docs.run_pages import PageError, read_page, run_page

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = sorted(page for page in DOCS.rglob("*.md") if read_page(page).blocks)
PROGRAMS: Final = Path(sys.executable).parent


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Path:
    """What preludes have made, for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if worker else base) / "pages"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this process where there are several, such as ``gw0``."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", ""))


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_runs_as_it_is_written(path: Path, cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "page"
    assert list(run_page(read_page(path), folder, cache, PROGRAMS))
    shutil.rmtree(folder)


@pytest.mark.parametrize("folder", ["how-to", "."])
def test_every_guide_has_something_to_run(folder: str) -> None:
    guides = {"get-started.md"} if folder == "." else set()
    guides |= {page.name for page in (DOCS / folder).glob("*.md") if folder != "."}
    assert guides
    assert guides <= {page.name for page in PAGES}


def test_every_block_of_commands_is_found() -> None:
    for path in DOCS.rglob("*.md"):
        fences = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip().startswith(("```sh", "```python"))
        ]
        assert len(fences) == len(read_page(path).blocks), path.name


def test_only_what_truly_cannot_run_is_left_out() -> None:
    left = [
        (path.name, block.no_run)
        for path in PAGES
        for block in read_page(path).blocks
        if block.no_run
    ]
    assert ("cluster.md", "four machines with eight GPUs each") in left
    for path in PAGES:
        read = re.sub("<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
        assert path.name not in dict(left) or "not run" in read, path.name


PAGE = """<!-- prelude:
echo one >> made
echo two >> made
-->
```sh
cat made > out; echo three >> out
```

1. In a list:

    <!-- no-run: no -->
    ```sh
    false
    ```

```python
text = open("out").read().split()
```

```python title="a title"
assert text == ["one", "two", "three"], text
```
"""


def test_blocks_run_in_order_and_preludes_once(tmp_path: Path) -> None:
    path, cache = tmp_path / "page.md", tmp_path / "cache"
    path.write_text(PAGE)
    cache.mkdir()
    for number in range(2):
        told = list(run_page(read_page(path), tmp_path / str(number), cache, PROGRAMS))
        assert [line.split(":")[1] for line in told] == ["6", "13", "17", "21"]
        assert "not run: no" in told[1]
    assert len(list(cache.glob("*.lock"))) == 2


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("```sh\necho why; false\n```\n", "why"),
        ("```sh\nfalse | true\n```\n", "exit code 1"),
        ("```sh\necho $unset\n```\n", "unbound"),
        ("```python\n1 / 0\n```\n", "ZeroDivisionError"),
        ("<!-- serves: http://127.0.0.1:9/ -->\n```sh\necho gone\n```\n", "gone"),
    ],
)
def test_what_fails_is_told(block: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(block)
    with pytest.raises(PageError, match=said):
        list(run_page(read_page(path), tmp_path / "new", tmp_path, PROGRAMS))


def test_what_serves_is_stopped_as_by_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "<!-- serves: http://127.0.0.1:8797/ -->\n"
        "```sh\npython -m http.server 8797 --bind 127.0.0.1\n```\n"
    )
    (told,) = run_page(read_page(path), tmp_path / "new", tmp_path, PROGRAMS)
    assert told.startswith("page.md:3: ")


def test_the_program_says_which_page_is_wrong(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("```sh\ntrue\n```\n")
    bad.write_text("```sh\nfalse\n```\n")
    program = Path(__file__).parent / "run_pages.py"
    done = subprocess.run(
        [sys.executable, program, good, bad, "--bin", PROGRAMS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "WRONG bad.md:2" in done.stdout
    assert "WRONG good" not in done.stdout
