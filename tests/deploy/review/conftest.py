"""A desk over a small store, and a client that asks without a network."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.types import ASGIApp

from insonify.deploy.embedding.run import embed_store
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.options import DeskOptions, ServeOptions
from insonify.deploy.review.server import guarded, routed
from insonify.store import Store
from tests.deploy.conftest import quick, small_checkpoint

HERE: Final = "127.0.0.1:8765"
VIDEO: Final = "v-0003"
ADA, BEN = "Ada", "Ben"


class FakeClock:
    """Seconds that go by when they are told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Client:
    """Asks an app as a browser does, cookies included."""

    app: ASGIApp
    host: str = HERE
    scheme: str = "http"
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; ``headers`` with None leave a header out."""
        given = {"Host": self.host, **options.pop("headers", {})}
        if method == "POST":
            given = {"Origin": f"{self.scheme}://{self.host}", **given}
        headers = {name: value for name, value in given.items() if value is not None}

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(
                self.app, raise_app_exceptions=False, client=(self.address, 50000)
            )
            async with httpx.AsyncClient(
                transport=transport,
                base_url=f"{self.scheme}://{self.host}",
                cookies=self.cookies,
            ) as client:
                answer = await client.request(method, path, headers=headers, **options)
                self.cookies = dict(client.cookies.items())
                return answer

        return asyncio.run(once())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """A JSON body, unless ``content`` is given."""
        content = options.pop("content", json.dumps(body))
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return self.ask("POST", path, content=content, headers=headers, **options)


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what happens in the background."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def embedded_path(spots: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spots with features of :func:`small_checkpoint`; read it only."""
    path = tmp_path_factory.mktemp("review") / "store"
    shutil.copytree(spots.path, path)
    embed_store(Store.open(path), small_checkpoint())
    return path


@pytest.fixture
def desk(spots: Store, tmp_path: Path) -> Iterator[Desk]:
    """A desk without an encoder, over a copy of the spots."""
    path = tmp_path / "store"
    shutil.copytree(spots.path, path)
    with Desk(path, DeskOptions(author=ADA)) as desk:
        yield desk


@pytest.fixture
def client(desk: Desk) -> Client:
    """The routes of that desk, behind the guard."""
    return Client(guarded(routed(desk), ServeOptions()))


@pytest.fixture(scope="session")
def clever(embedded_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose encoder has learnt all it can; write no labels to its store."""
    path = tmp_path_factory.mktemp("clever") / "store"
    shutil.copytree(embedded_path, path)
    options = DeskOptions(split="three", learning=quick())
    desk = Desk(path, options, small_checkpoint())
    desk.start()
    wait_until(
        lambda: desk.state()["heads"] != "learning" and not desk.state()["refitting"]
    )
    return desk
