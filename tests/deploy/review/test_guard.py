"""What passes the guard, and what does not, sockets included."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from insonify.deploy.review.guard import Guard
from insonify.deploy.review.hosts import allowed_hosts
from tests.deploy.review.conftest import HERE, Client


async def everything(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers whatever comes to it."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": message["text"]})


def guard(host: str = "127.0.0.1", *, secure: bool = False) -> Guard:
    return Guard(everything, allowed_hosts(host), None, secure=secure)


def socket(app: Guard, headers: Mapping[str, str], *sent: str) -> list[Message]:
    """What an app answers on a socket that sends these texts, then hangs up."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/_nicegui_ws/socket.io/",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 50000),
    }
    waiting: list[Message] = [
        {"type": "websocket.connect"},
        *({"type": "websocket.receive", "text": text} for text in sent),
        {"type": "websocket.disconnect", "code": 1000},
    ]
    answers: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        answers.append(message)

    asyncio.run(app(scope, receive, send))
    return answers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:8765", 200),
        ("LOCALHOST", 200),
        ("localhost:9000", 200),
        ("[::1]:8765", 200),
        ("evil.example:8765", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:8765", 403),
        ("192.168.1.5:8765", 403),
        ("localhost@evil.example", 403),
        ("", 403),
        ("127.0.0.1:8765/x", 403),
    ],
)
def test_only_our_names_are_answered(host: str, status: int) -> None:
    client = Client(guard(), host="127.0.0.1:8765")
    assert client.get("/", headers={"Host": host}).status_code == status


def test_beyond_this_machine_numbers_are_answered_too() -> None:
    client = Client(guard("0.0.0.0"))
    for host, status in (("192.168.1.5:8765", 200), ("evil.example:8765", 403)):
        assert client.get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{HERE}", 200),
        (None, 403),
        ("null", 403),
        (f"https://{HERE}", 403),
        ("http://127.0.0.1:3000", 403),
        ("http://localhost:8765", 403),
        ("http://evil.example", 403),
        (f"http://{HERE}.evil.example", 403),
    ],
)
def test_only_our_pages_change_anything(origin: str | None, status: int) -> None:
    client = Client(guard())
    for method in ("POST", "PUT", "DELETE"):
        answer = client.ask(method, "/", headers={"Origin": origin})
        assert answer.status_code == status


def test_the_origin_has_the_scheme_of_the_app() -> None:
    client = Client(guard(secure=True), scheme="https")
    assert client.post("/").status_code == 200
    plain = {"Origin": f"http://{HERE}"}
    assert client.post("/", headers=plain).status_code == 403


@pytest.mark.parametrize(
    ("path", "site", "mode", "status"),
    [
        ("/", "none", "navigate", 200),
        ("/api/state", "same-origin", "cors", 200),
        ("/", "cross-site", "navigate", 200),  # a link in an e-mail
        ("/api/export/v", "cross-site", "navigate", 403),
        ("/api/frame/v/0", "cross-site", "no-cors", 403),
        ("/assets/player.js", "same-site", "no-cors", 403),
    ],
)
def test_other_sites_cannot_embed_us(
    path: str, site: str, mode: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    assert Client(guard()).get(path, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/labels/v", {"Content-Length": str(64 * 1024)}, 200),
        ("/api/labels/v", {"Content-Length": str(64 * 1024 + 1)}, 413),
        ("/_nicegui_ws/", {"Content-Length": str(2**20)}, 200),
        ("/_nicegui_ws/", {"Content-Length": str(2**20 + 1)}, 413),
        ("/", {"Content-Length": "9" * 5000}, 413),
        ("/", {"Content-Length": "-1"}, 413),
        ("/", {"Content-Length": "²"}, 413),
        ("/", {"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_bodies_have_a_size(path: str, headers: dict[str, str], status: int) -> None:
    given = {name: value.encode() for name, value in headers.items()}
    client = Client(guard())
    assert client.post(path, content=b"", headers=given).status_code == status


@pytest.mark.parametrize("host", [HERE, "evil.example"])
def test_every_answer_is_private(host: str) -> None:
    headers = Client(guard()).get("/", headers={"Host": host}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    # `no-referrer` would make browsers send `Origin: null` with the login form.
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_sockets_of_our_pages_go_through() -> None:
    answers = socket(guard(), {"Host": HERE, "Origin": f"http://{HERE}"}, "one", "two")
    assert [one.get("text") for one in answers] == [None, "one", "two"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": HERE},
        {"Host": HERE, "Origin": "http://evil.example"},
        {"Host": HERE, "Origin": "http://127.0.0.1:3000"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
def test_sockets_of_other_sites_do_not(headers: dict[str, str]) -> None:
    answers = socket(guard(), headers, "one")
    assert answers == [{"type": "websocket.close", "code": 1008}]
