"""Builds a release, and uses it as a new user would: ``make release-check``.

The sdist and the wheel are built twice, which must give the same bytes; they hold what
they should and nothing else; the wheel is installed in an empty environment, with what
``constraints.txt`` names, and smoke-tested in an empty folder. What passes is left in
the output folder, with a list of its dependencies (SBOM) and checksums.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packages import Packages, build, wrong_in_sdist, wrong_in_wheel
from rich.console import Console
from sbom import write_sbom
from smoke import Step, smoke
from tree import ROOT, copy_tree, release_time

console = Console(soft_wrap=True, highlight=False)


def main() -> int:
    """Check all; 0 if nothing is wrong."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="insonify-release-") as name:
        scratch = Path(name)
        packages, wrong = _build(scratch, isolated=not options.contents)
        if not options.contents and not wrong:
            console.print("installing the wheel in an empty environment …")
            python = _empty_environment(scratch / "venv")
            _install(python, str(packages.wheel))
            write_sbom(python, scratch / "built" / "sbom.cdx.json")
            (scratch / "empty").mkdir()
            steps = smoke(python, scratch / "empty", _tell)
            wrong += [step.name for step in steps if step.wrong]
            if options.pages:
                _install(python, f"{packages.wheel}[{options.extras}]")
                wrong += _pages(options.pages, python, scratch / "pages")
        if not wrong:
            _keep(scratch / "built", options.out)
    for each in wrong:
        console.print(f"WRONG {each}", markup=False)
    console.print("Nothing is wrong." if not wrong else f"{len(wrong)} things wrong.")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="output folder")
    parser.add_argument(
        "--contents",
        action="store_true",
        help="only build, with the setuptools that is installed, and check contents",
    )
    parser.add_argument(
        "--pages",
        nargs="+",
        type=Path,
        default=[],
        help="pages of docs/ whose commands to run with the installed wheel",
    )
    parser.add_argument(
        "--extras",
        default="baselines,dicom,export,review,volumes",
        help="what is installed for --pages beside the wheel, after everything else",
    )
    return parser.parse_args()


def _build(scratch: Path, *, isolated: bool) -> tuple[Packages, list[str]]:
    """Build twice; the packages, and what is wrong with them."""
    files = copy_tree(scratch / "tree")
    time_s = release_time()
    built = []
    for name in ("built", "again"):
        (scratch / name).mkdir()
        tree, out = scratch / "tree", scratch / name
        built.append(build(tree, out, time_s, isolated=isolated))
        _clean(tree, files)
    first, second = built
    wrong = wrong_in_sdist(first.sdist, files) + wrong_in_wheel(first.wheel, files)
    for one, other in zip(first, second, strict=True):
        if one.read_bytes() != other.read_bytes():
            wrong.append(f"another build of {one.name} has other bytes")
        console.print(f"built {one.name}, {one.stat().st_size / 1e6:.2f} MB")
    return first, wrong


def _clean(tree: Path, files: list[str]) -> None:
    """Remove what building left in a copy."""
    known = set(files)
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.relative_to(tree).as_posix() not in known:
            path.unlink()


def _empty_environment(folder: Path) -> Path:
    """Make an environment with pip alone; returns its interpreter."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def _install(python: Path, wanted: str) -> None:
    """Install something with what ``constraints.txt`` names; from the registry."""
    constraints = str(ROOT / "constraints.txt")
    command = [str(python), "-m", "pip", "install", "-qq", "-c", constraints, wanted]
    subprocess.run(command, check=True, cwd=python.parent)


def _pages(pages: list[Path], python: Path, folder: Path) -> list[str]:
    """Run the commands of pages of the documentation with the installed wheel."""
    folder.mkdir()
    runner = ROOT / "tests" / "docs" / "run_pages.py"
    command = [sys.executable, runner, *(page.resolve() for page in pages)]
    done = subprocess.run(
        [*map(str, command), "--bin", str(python.parent)], cwd=folder, check=False
    )
    return ["the pages of the documentation"] if done.returncode else []


def _keep(built: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    made = sorted(path for path in built.iterdir() if path.is_file())
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in made]
    for path in made:
        shutil.copy(path, out / path.name)
    (out / "SHA256SUMS").write_text("\n".join(sums) + "\n")


def _tell(step: Step) -> None:
    word = "WRONG" if step.wrong else "fine "
    console.print(f"{word} {step.seconds:5.1f} s  {step.name}", markup=False)
    if step.wrong:
        console.print(step.wrong, markup=False)


if __name__ == "__main__":
    sys.exit(main())
