"""Coming in with a password, and all that goes without one."""

from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import Message

from insonify.deploy.review.attempts import Attempts
from insonify.deploy.review.door import Door
from insonify.deploy.review.guard import Guard
from insonify.deploy.review.hosts import allowed_hosts
from insonify.deploy.review.password import PasswordHash, _scrypt
from insonify.deploy.review.sessions import Sessions
from tests.deploy.review.conftest import HERE, Client, FakeClock
from tests.deploy.review.test_guard import everything, socket

PASSWORD = "correct horse & battery=stäple"
SALT = b"s" * 16
CHEAP = PasswordHash(
    salt=SALT, digest=_scrypt(PASSWORD, SALT, 4, 8, 1), log2_n=4, r=8, p=1
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class House:
    """An app with a door, and the time there."""

    app: Guard
    clock: FakeClock

    def client(self, address: str = "10.0.0.1") -> Client:
        scheme = "https" if self.secure else "http"
        return Client(self.app, address=address, scheme=scheme)

    secure: bool = False


def house(*, secure: bool = False) -> House:
    clock = FakeClock()
    door = Door(
        CHEAP,
        Sessions(600, clock),
        Attempts(clock),
        cookie="insonify-test",
        secure=secure,
    )
    hosts = allowed_hosts("0.0.0.0")
    return House(Guard(everything, hosts, door, secure=secure), clock, secure)


def log_in(client: Client, password: str = PASSWORD) -> httpx.Response:
    body = urlencode({"password": password})
    return client.post("/api/login", content=body, headers=FORM)


@pytest.mark.parametrize(
    "path", ["/", "/scan/v", "/api/state", "/assets/player.js", "/_nicegui/x", "/Login"]
)
def test_nothing_is_there_without_the_password(path: str) -> None:
    client = house().client()
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.content != b"in"
    answer = client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.post(path).status_code == 401


def test_the_password_opens() -> None:
    client = house().client()
    page = client.get("/login")
    assert page.status_code == 200
    assert 'action="/api/login"' in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    answer = log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    assert client.get("/").content == b"in"
    assert client.get("/login").status_code == 303


def test_under_tls_the_cookie_is_for_tls_alone() -> None:
    assert "secure" in log_in(house(secure=True).client()).headers["set-cookie"].lower()


@pytest.mark.parametrize("wrong", ["", "correct horse", PASSWORD + " ", "x" * 5000])
def test_another_password_does_not(wrong: str) -> None:
    client = house().client()
    assert log_in(client, wrong).status_code in (400, 401)
    assert client.get("/api/state").status_code == 401


def test_a_made_up_cookie_does_not_open() -> None:
    client = house().client()
    for value in ("", "x", "insonify-test", "a" * 4000):
        client.cookies = {"insonify-test": value}
        assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"password=a&password=b", FORM, 400),
        (b"word=a", FORM, 400),
        (b"\xff\xff", FORM, 400),
        (b"&".join(b"a=1" for _ in range(99)), FORM, 400),
        (b'{"password": "a"}', {"Content-Type": "application/json"}, 415),
        (b"password=" + b"a" * 70_000, FORM, 413),
    ],
)
def test_what_is_no_login(content: bytes, headers: dict[str, str], status: int) -> None:
    client = house().client()
    answer = client.post("/api/login", content=content, headers=headers)
    assert answer.status_code == status


def test_another_site_cannot_log_anyone_in() -> None:
    client = house().client()
    body = urlencode({"password": PASSWORD})
    headers = {**FORM, "Origin": "http://evil.example"}
    answer = client.post("/api/login", content=body, headers=headers)
    assert answer.status_code == 403


def test_guessing_is_slowed_even_for_who_is_right_in_the_end() -> None:
    home = house()
    client = home.client()
    waits = []
    for _ in range(5):
        while (answer := log_in(client, "wrong password")).status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            home.clock.now_s += waits[-1]
        assert answer.status_code == 401
    assert log_in(client).status_code == 429
    assert log_in(home.client("10.0.0.2")).status_code == 303
    home.clock.now_s += 60
    assert log_in(client).status_code == 303


def test_a_session_ends_when_nothing_happens() -> None:
    home = house()
    client = home.client()
    log_in(client)
    for _ in range(5):
        home.clock.now_s += 590
        assert client.get("/").status_code == 200
    home.clock.now_s += 590
    assert client.get("/_nicegui_ws/socket.io/").status_code == 200  # no use of it
    home.clock.now_s += 590
    assert client.get("/").status_code == 401


def test_cookies_of_other_apps_are_not_in_the_way() -> None:
    home = house()
    client = home.client()
    log_in(client)
    token = client.cookies["insonify-test"]
    cookie = f'a=[1,2]; b="; =; ä; insonify-test={token}; c'
    answer = home.client().get("/", headers={"Cookie": cookie.encode()})
    assert answer.status_code == 200


def test_leaving_ends_it_at_once() -> None:
    client = house().client()
    log_in(client)
    kept = dict(client.cookies)
    assert client.post("/api/logout").headers["location"] == "/login"
    client.cookies = kept
    assert client.get("/").status_code == 401


def test_sockets_need_the_password_as_well() -> None:
    home = house()
    ours = {"Host": HERE, "Origin": f"http://{HERE}"}
    closed: Message = {"type": "websocket.close", "code": 1008}
    assert socket(home.app, ours, "one")[0] == closed
    client = home.client()
    log_in(client)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    found = socket(home.app, {**ours, "Cookie": cookie}, "one")
    assert [one.get("text") for one in found] == [None, "one"]


def test_an_open_socket_is_cut_when_the_session_ends() -> None:
    """Pings alone do not keep it alive, and nothing of it is answered afterwards."""
    home = house()
    client = home.client()
    log_in(client)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {"Host": HERE, "Origin": f"http://{HERE}", "Cookie": cookie}

    async def impatient(scope: object, receive: object, send: object) -> None:
        home.clock.now_s += 601
        await everything(scope, receive, send)  # type: ignore[arg-type]

    home.app.app = impatient
    found = socket(home.app, headers, "3", "one")
    assert {"type": "websocket.close", "code": 1008} in found
    assert "one" not in [one.get("text") for one in found]
