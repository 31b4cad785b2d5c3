"""The real command in a process of its own: killed, interrupted, and two at once."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from insonify.deploy.review.password import PasswordHash
from insonify.store import Store
from tests.browser import browser
from tests.conftest import fill_store
from tests.deploy.review.conftest import ADA, BEN

pytestmark = pytest.mark.slow
VIDEO = "v-0001"
LABEL = {"label": "coarse", "start_s": 0.2, "end_s": 0.4, "author": ADA}


@contextmanager
def running(store: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its URL; it is killed at the end, if it still runs."""
    line = f"-m insonify review {store} --port 0 --no-browser".split()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    with subprocess.Popen(
        [sys.executable, *line, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=store.parent,
    ) as process:
        assert process.stdout is not None
        said = []
        try:
            for text in process.stdout:
                said.append(text)
                if text.startswith("Review: "):
                    yield process, text.split()[1]
                    return
            raise AssertionError("".join(said))
        finally:
            process.kill()


def ask(
    url: str, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, bytes]:
    """Status and body of an answer."""
    place = urlsplit(url)
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(place.netloc, context=trusting)
    else:
        connection = http.client.HTTPConnection(place.netloc)
    given = {"Origin": url.rstrip("/"), "Content-Type": "application/json", **headers}
    connection.request(method, path, json.dumps(body) if body else None, given)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def test_a_label_survives_a_kill(tmp_path: Path) -> None:
    """The process is killed as soon as its answer came; another app saw it, too."""
    fill_store(tmp_path / "store", subjects=2)
    with running(tmp_path / "store") as (process, url):
        with running(tmp_path / "store") as (_, other):
            status, _ = ask(url, "POST", f"/api/labels/{VIDEO}", LABEL)
            process.send_signal(signal.SIGKILL)
            assert status == 200
            process.wait()
            body = {**LABEL, "label": "fine", "author": BEN, "start_s": 0.3}
            status, data = ask(other, "POST", f"/api/labels/{VIDEO}", body)
        assert status == 200
        found = [(one["label"], one["author"]) for one in json.loads(data)["stretches"]]
        assert ("coarse", ADA) in found
        assert ("fine", BEN) in found
    authors = Store.open(tmp_path / "store").reviews()["author"].to_pylist()
    assert authors == [ADA, BEN]


def test_it_serves_pages_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    fill_store(tmp_path / "store", subjects=2)
    with running(tmp_path / "store") as (process, url):
        port = urlsplit(url).port
        assert url == f"http://127.0.0.1:{port}/"
        assert ask(url, "GET", "/api/state")[0] == 200
        status, page = ask(url, "GET", "/")
        assert status == 200
        assert b"insonify" in page
        assert ask(url, "GET", "/", Host="evil.example")[0] == 403
        assert ask(url, "GET", "/api/../../etc/passwd")[0] == 404
        rest = "%2e%2e%2f" * 6
        for path in (f"/assets/{rest}etc/passwd", f"/_nicegui/{rest}etc/passwd"):
            status, page = ask(url, "GET", path)
            assert status == 404
            assert b"root:" not in page
        # A socket that asks for the pages' connection from another site is refused.
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
        keys = {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "A" * 22 + "=="}
        path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        foreign = {"Origin": "http://evil.example"}
        assert ask(url, "GET", path, None, **upgrade, **keys, **foreign)[0] == 403
        with socket.create_connection(("127.0.0.1", port or 0)):  # left open
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            said = process.stdout.read()
            assert process.wait() == 0
        assert "Stopped" in said
        assert "Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} == {"store"}


def test_beyond_this_machine_it_demands_the_password(tmp_path: Path) -> None:
    fill_store(tmp_path / "store", subjects=2)
    PasswordHash.of("correct horse battery").save(tmp_path / "password")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    options = [
        *("--host", "0.0.0.0", "--password-file", str(tmp_path / "password")),
        *("--certificate", str(tmp_path / "cert.pem")),
        *("--private-key", str(tmp_path / "key.pem")),
    ]
    with running(tmp_path / "store", *options) as (_, printed):
        url = f"https://127.0.0.1:{urlsplit(printed).port}/"
        assert ask(url, "GET", "/api/state")[0] == 401
        assert (
            ask(url, "GET", "/_nicegui_ws/socket.io/?EIO=4&transport=polling")[0] == 401
        )
        assert ask(url, "GET", "/login")[0] == 200


def test_the_login_form_works_in_a_browser(tmp_path: Path) -> None:
    """Browsers decide what origin a form has, and whether pages may run as they do."""
    fill_store(tmp_path / "store", subjects=2)
    PasswordHash.of("correct horse battery").save(tmp_path / "password")
    options = ("--password-file", str(tmp_path / "password"))
    with running(tmp_path / "store", *options) as (_, url), browser() as page:
        page.visit(url)
        assert page.run("location.pathname") == "/login"
        for password, then in (
            ("wrong password", "!!document.querySelector('[role=alert]')"),
            ("correct horse battery", "location.pathname === '/'"),
        ):
            page.run("document.querySelector('[type=password]').focus()")
            page.write(password)
            page.run("void document.forms[0].requestSubmit()")
            page.wait(then)
        page.wait("window.did_handshake === true")  # NiceGUI's socket is open
        assert not [one for one in page.complaints if "Content Security" in one]
