"""``insonify review``: what it refuses, asks and makes before it serves."""

import sys
from pathlib import Path
from typing import Any

import pytest

from insonify.cli import review_app
from insonify.cli.main import run
from insonify.deploy.embedding.features import Features
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.hosts import bound_socket
from insonify.deploy.review.options import ServeOptions
from insonify.deploy.review.password import PasswordHash
from insonify.store import Store
from tests.conftest import fill_store
from tests.deploy.conftest import save_small, small_checkpoint

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two subjects; one test adds features, which the others do not mind."""
    return fill_store(tmp_path_factory.mktemp("review") / "store", subjects=2)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Desk, ServeOptions]]:
    """What would have been served, instead of serving it."""
    found: list[tuple[Desk, ServeOptions]] = []

    def serve(desk: Desk, options: ServeOptions, _: Any, ready: Any) -> None:
        ready("http://127.0.0.1:8765/")
        found.append((desk, options))

    monkeypatch.setattr(review_app, "serve", serve)
    return found


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Somebody types these at a terminal, one after the other."""
    waiting = list(words)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: waiting.pop(0))


def test_a_store_is_served_to_this_machine(
    store: Store,
    served: list[tuple[Desk, ServeOptions]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = f"review {store.path} --classes a b --author Ada --no-browser"
    assert run(line.split()) == 0
    ((desk, options),) = served
    assert (options.host, options.port, options.password) == ("127.0.0.1", 8765, None)
    state = desk.state()
    assert state["classes"] == ["a", "b", "coarse", "fine"]
    assert (state["author_hint"], state["checkpoint"]) == ("Ada", None)
    assert "Review: http://127.0.0.1:8765/" in capsys.readouterr().out


def test_missing_features_are_made_first(
    store: Store,
    served: list[tuple[Desk, ServeOptions]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint = save_small(tmp_path / "run", small_checkpoint())
    line = f"review {store.path} --checkpoint {checkpoint} --no-browser"
    assert run([*line.split(), "--no-embed"]) == 0
    assert "no features" not in capsys.readouterr().out
    assert run(line.split()) == 0
    count = len(store.frames())
    assert f"{count} frames have no features" in capsys.readouterr().out
    assert len(Features.open(Store.open(store.path))) == count
    assert run(line.split()) == 0
    assert "no features" not in capsys.readouterr().out
    assert len(served) == 3


def test_a_password_is_made_and_never_shown(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "password"
    line = ["review", "--make-password", str(path)]
    typed(monkeypatch, PASSWORD, PASSWORD + "?")
    assert run(line) == 2
    assert "differ" in capsys.readouterr().err
    typed(monkeypatch, "short", "short")
    assert run(line) == 2
    assert not path.exists()
    typed(monkeypatch, PASSWORD, PASSWORD)
    assert run(line) == 0
    assert PASSWORD not in "".join(capsys.readouterr()) + path.read_text()
    assert PasswordHash.load(path).matches(PASSWORD)


def test_beyond_this_machine_a_password_is_demanded_and_it_is_said_why(
    store: Store,
    served: list[tuple[Desk, ServeOptions]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = f"review {store.path} --host 0.0.0.0 --no-browser".split()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert run(line) == 2
    assert "--make-password" in " ".join(capsys.readouterr().err.split())
    typed(monkeypatch, PASSWORD, PASSWORD)
    assert run(line) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "demands a password" in said
    assert "ssh -L 8765:127.0.0.1:8765" in said
    ((_, options),) = served
    assert options.password is not None
    assert options.password.matches(PASSWORD)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", "name a store"),
        ("{store} --port 99999", "0 to 65535"),
        ("{store} --idle-minutes 0", "idle-minutes"),
        ("{store} --certificate c.pem", "come together"),
        ("{store} --password-file none", "--make-password"),
        ("{store} --host no.such.host.invalid", "no such address"),
        ("{store} --checkpoint none", "no readable checkpoint.json"),
        ("{store} --task giraffe --split ten", "no split 'ten'"),
        ("{store}-none", "no store here"),
    ],
)
def test_mistakes_are_told(
    store: Store, capsys: pytest.CaptureFixture[str], options: str, said: str
) -> None:
    line = f"review {options.format(store=store.path)} --no-browser"
    assert run(line.split()) == 2
    found = " ".join(capsys.readouterr().err.split())
    assert said in found
    assert "Traceback" not in found


@pytest.mark.parametrize("broken", ["port", "certificate"])
def test_what_cannot_be_served_is_told_at_once(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    line = f"review {store.path} --no-browser --port "
    with bound_socket("127.0.0.1", 0) as taken:
        if broken == "port":
            line += str(taken.getsockname()[1])
        else:
            pem = tmp_path / "x.pem"
            pem.write_text("no certificate")
            line += f"0 --certificate {pem} --private-key {pem}"
        assert run(line.split()) == 2
    assert f"--{broken}" in capsys.readouterr().err
