"""Who may come in: asks for the password, and remembers who gave it."""

import asyncio
import math
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from insonify.deploy.review.answers import FORM, media_type, refused
from insonify.deploy.review.attempts import Attempts
from insonify.deploy.review.login import LOGIN, login_page
from insonify.deploy.review.password import PasswordHash
from insonify.deploy.review.sessions import Sessions

SOCKETS: Final = "/_nicegui_ws/"
"""Where pages keep their connection: what comes there on its own is no use of it."""
_IN: Final = "/api/login"
_OUT: Final = "/api/logout"
_LOGIN_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Door:
    """Lets through requests with an open session, and answers all others."""

    def __init__(
        self,
        password: PasswordHash,
        sessions: Sessions,
        attempts: Attempts,
        *,
        cookie: str,
        secure: bool,
    ) -> None:
        self._password, self._sessions, self._attempts = password, sessions, attempts
        self._cookie, self._secure = cookie, secure
        self._one = asyncio.Lock()
        """One password is checked at a time: each check takes 32 MiB."""

    def open_for(self, scope: Scope, *, use: bool = True) -> bool:
        """Whether a request or a connection belongs to an open session."""
        return self._sessions.valid(self._token(scope), use=use)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request that is about coming in, or must not; False: it may pass."""
        request, path = Request(scope, receive), scope["path"]
        inside = self.open_for(scope, use=not path.startswith(SOCKETS))
        if path == LOGIN and request.method in ("GET", "HEAD"):
            answer = _to("/") if inside else _page()
        elif path == _IN and request.method == "POST":
            answer = await self._come_in(request)
        elif not inside:
            answer = _outside(request)
        elif path == _OUT and request.method == "POST":
            self._sessions.close(self._token(scope))
            answer = self._with_cookie(_to(LOGIN), "", 0)
        else:
            return False
        await answer(scope, receive, send)
        return True

    async def _come_in(self, request: Request) -> Response:
        if media_type(request) != FORM:
            return refused(415, f"send {FORM}")
        try:
            fields = parse_qs((await request.body()).decode(), max_num_fields=4)
            (given,) = fields["password"]
        except (ValueError, KeyError):
            return _page("Give the password.", 400)
        address = request.client.host if request.client else ""
        if wait := math.ceil(self._attempts.begin(address)):
            said = f"Too many tries; wait {wait} s and try again."
            return _page(said, 429, **{"Retry-After": str(wait)})
        async with self._one:
            right = await run_in_threadpool(self._password.matches, given)
        if not right:
            return _page("That is not the password.", 401)
        self._attempts.succeed(address)
        return self._with_cookie(_to("/"), self._sessions.open())

    def _with_cookie(
        self, response: Response, token: str, age: int | None = None
    ) -> Response:
        response.set_cookie(
            self._cookie,
            token,
            max_age=age,
            httponly=True,
            samesite="strict",
            secure=self._secure,
        )
        return response

    def _token(self, scope: Scope) -> str | None:
        # Lenient: other apps of this machine may have set cookies that are none.
        return HTTPConnection(scope).cookies.get(self._cookie)


def _page(said: str = "", status: int = 200, **headers: str) -> Response:
    kept = {"Content-Security-Policy": _LOGIN_POLICY, "Cache-Control": "no-store"}
    return Response(login_page(said), status, {**kept, **headers}, "text/html")


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def _outside(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return _to(LOGIN)
    return refused(401, f"give the password first, at {LOGIN}")
