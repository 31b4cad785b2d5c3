"""The public names and their signatures change on purpose or not at all.

What they are stands in tests/api.txt. After a change that the policy of
docs/reference/stability.md allows, write it anew:

    python -m tests.test_api
"""

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import insonify

SNAPSHOT = Path(__file__).parent / "api.txt"
API_PAGE = Path(__file__).parents[1] / "docs" / "reference" / "api.md"
POLICY = "docs/reference/stability.md"


def api() -> str:
    """A line for each public function, method, attribute and option, as in the source.

    Taken from the source, not from ``inspect.signature``, which words types differently
    from one Python to the next.
    """
    lines: list[str] = []
    for name in insonify.__all__:
        kind = getattr(insonify, name)
        if inspect.isclass(kind):
            bases = [base for base in kind.__mro__ if _ours(base)]
            lines.append(f"class {name}({', '.join(b.__name__ for b in bases[1:])})")
            members = sorted({line for base in bases for line in _members(base)})
            lines += [f"    {name}.{line}" for line in members]
        elif callable(kind):
            (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
            lines.append(_signature(node))
        else:
            lines.append(f"{name}: {', '.join(kind)}")
    return "\n".join(lines) + "\n"


def _ours(kind: type) -> bool:
    return kind.__module__.startswith("insonify.")


def _members(kind: type) -> Iterator[str]:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and not _private(
            ast.unparse(member.target)
        ):
            yield ast.unparse(member)
        if isinstance(member, ast.FunctionDef) and not _private(member.name):
            marks = [ast.unparse(each) for each in member.decorator_list]
            yield "".join(f"@{mark} " for mark in marks) + _signature(member)


def _private(name: str) -> bool:
    return name.startswith("_") and name not in ("__init__", "__call__")


def _signature(node: ast.AST) -> str:
    assert isinstance(node, ast.FunctionDef)
    returns = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def test_the_api_is_as_promised() -> None:
    kept, found = (set(text.splitlines()) for text in (SNAPSHOT.read_text(), api()))
    gone, new = sorted(kept - found), sorted(found - kept)
    assert not gone, (
        f"Public names or signatures are gone or changed: {gone}, now {new}. {POLICY} "
        "says what may change and when; then write tests/api.txt anew by "
        "`python -m tests.test_api`, and CHANGELOG.md with it."
    )
    assert not new, (
        f"Public names are new: {new}. If they are to be stable by {POLICY}, write "
        "tests/api.txt anew by `python -m tests.test_api`."
    )


def test_a_change_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = api()
    monkeypatch.setattr(
        insonify, "__all__", [n for n in insonify.__all__ if n != "embed"]
    )
    assert "embed(checkpoint: Checkpoint" in before
    assert "embed(checkpoint: Checkpoint" not in api()
    assert "PretrainOptions.steps: int = 300" in before  # Defaults too.
    assert "IngestOptions.workers: int = 2" in before  # Inherited ones as well.


def test_all_names_are_there_and_listed() -> None:
    assert insonify.__all__ == sorted(insonify.__all__, key=_as_ruff_sorts)
    assert set(insonify.__all__) <= set(dir(insonify))
    for name in insonify.__all__:
        assert getattr(insonify, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = insonify.nonsense
    scope: dict[str, Any] = {}
    exec("from insonify import *", scope)
    assert set(insonify.__all__) <= set(scope)


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_every_error_a_user_can_meet_is_public() -> None:
    from insonify.core import errors  # noqa: PLC0415

    named = {name for name, each in vars(errors).items() if inspect.isclass(each)}
    assert named <= set(insonify.__all__)


def test_importing_it_loads_no_network_library() -> None:
    code = (
        "import sys, insonify; print({'torch', 'sklearn', 'timm'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout == "set()\n"


def test_every_public_name_says_what_it_is() -> None:
    for name in insonify.__all__:
        kind = getattr(insonify, name)
        said = inspect.getdoc(kind) or ""
        assert said, name
        assert not said.startswith(f"{name}("), f"{name}: dataclass without docstring"


def test_the_reference_shows_every_public_name() -> None:
    lines = API_PAGE.read_text().splitlines()
    shown = [line.removeprefix("::: insonify.") for line in lines if line[:3] == ":::"]
    assert sorted(shown) == sorted(insonify.__all__)


if TYPE_CHECKING:
    # mypy sees types through the lazy names, or these ignores are unused: an error.
    _encoder: int = insonify.load_encoder("run")  # type: ignore[assignment]
    _maps: int = insonify.load_encoder("run").saliency([])  # type: ignore[assignment]
    _options: int = insonify.RECIPES["demo"]()  # type: ignore[assignment]
    _classes: int = insonify.FrameClassifier("run").predict_proba([])  # type: ignore[assignment]
    _planes: int = insonify.transfer_planes  # type: ignore[assignment]


if __name__ == "__main__":
    SNAPSHOT.write_text(api())
