"""Stands before everything, sockets included: what may be asked, from where, by whom.

An app on this machine is within reach of every web page that its user opens. So a
request must name us as its host, must not come from another site's page, and must not
be large; and whatever is answered tells the browser to keep it to itself.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insonify.deploy.review.answers import refused
from insonify.deploy.review.door import Door
from insonify.deploy.review.hosts import Hosts

_API: Final = "/api/"
_LARGEST: Final = 64 * 2**10
"""Bytes of a body under ``/api/``."""
_LARGEST_EVENT: Final = 2**20
"""Bytes of any other body; pages send events so where there are no web sockets."""
_SAFE: Final = ("GET", "HEAD")
_ELSEWHERE: Final = ("cross-site", "same-site")
_BEATS: Final = ("2", "3")
"""Engine.IO's ping and pong, which come whether or not anyone is there."""
_CLOSE: Final[Message] = {"type": "websocket.close", "code": 1008}
"""Before a connection is accepted this becomes status 403."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; "
    # NiceGUI writes its pages' scripts into them, and Vue compiles templates.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """An ASGI app around another one."""

    def __init__(
        self, app: ASGIApp, hosts: Hosts, door: Door | None, *, secure: bool
    ) -> None:
        """Guard an app.

        Args:
            app: What is guarded; it sees only what may pass.
            hosts: Names under which it may be asked for.
            door: Asks for the password; None: nobody has to give one.
            secure: Whether it is reached by TLS.
        """
        self.app = app
        self._hosts, self._door = hosts, door
        self._scheme = "https" if secure else "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, _private(send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        answer = self._stranger(scope, headers) or _oversized(scope, headers)
        if answer is not None:
            await answer(scope, receive, send)
        elif self._door is None or not await self._door.answer(scope, receive, send):
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door
        if self._stranger(scope, Headers(scope=scope)):
            await receive()
            await send(_CLOSE)
        elif door is None:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, *_while_open(door, scope, receive, send))

    def _stranger(self, scope: Scope, headers: Headers) -> Response | None:
        """What a request is told that is not from a page of ours."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if len(headers.getlist("host")) != 1 or not self._hosts.allow(host):
            return refused(403, "this app has another name; use the address it printed")
        needed = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if origin is None and needed:
            return refused(403, "a request that changes something names its origin")
        if origin is not None and origin.lower() != f"{self._scheme}://{host}".lower():
            return refused(403, "requests of other sites are not answered")
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        followed = mode == "navigate" and not scope["path"].startswith(_API)
        if site in _ELSEWHERE and not followed:
            return refused(403, "requests of other sites are not answered")
        return None


def _while_open(
    door: Door, scope: Scope, receive: Receive, send: Send
) -> tuple[Receive, Send]:
    """A connection that is cut as soon as its session has ended."""
    cut = False

    async def received() -> Message:
        nonlocal cut
        message = await receive()
        use = message.get("text") not in _BEATS
        if not door.open_for(scope, use=use):
            if not cut:
                cut = True
                await send(_CLOSE)
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    async def sent(message: Message) -> None:
        if not cut:
            await send(message)

    return received, sent


def _oversized(scope: Scope, headers: Headers) -> Response | None:
    """What a request with too large a body is told, or with one of unknown size."""
    if "transfer-encoding" in headers:
        return refused(411, "say how long the body is")
    most = _LARGEST if scope["path"].startswith(_API) else _LARGEST_EVENT
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length[:20]) > most:
        return refused(413, f"a body has at most {most} bytes")
    return None


def _private(send: Send) -> Send:
    """Adds what keeps an answer within the browser, unless it says so itself."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
