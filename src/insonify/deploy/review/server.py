"""Runs the app: routes and pages on one server, behind the guard.

``/login`` is served by the guard's door, as a plain page without scripts: nothing of
NiceGUI is reachable before the password is given.
"""

import secrets
import ssl
import warnings
from collections.abc import Callable
from socket import socket
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from insonify.core.errors import ConfigError
from insonify.deploy.review.attempts import Attempts
from insonify.deploy.review.desk import Desk
from insonify.deploy.review.door import Door
from insonify.deploy.review.guard import Guard
from insonify.deploy.review.hosts import (
    address_of,
    allowed_hosts,
    bound_socket,
    is_local,
)
from insonify.deploy.review.options import ServeOptions
from insonify.deploy.review.routes import api_routes, error_handlers
from insonify.deploy.review.sessions import Sessions

Pages = Callable[[Desk], None]
OnReady = Callable[[str], None]
_MESSAGE: Final = 2**20
"""Bytes of a message that a page may send."""
_GRACE_S: Final = 2
"""Seconds that open connections have when the app ends."""


def build(desk: Desk, options: ServeOptions, pages: Pages) -> Guard:
    """The whole app, guarded; once a process, since NiceGUI is one a process.

    Args:
        desk: What routes and pages ask.
        options: Who may come in.
        pages: Registers NiceGUI pages (``@ui.page``) and static files.

    Raises:
        ConfigError: others could come in without a password.
    """
    app = routed(desk)
    pages_app.on_page_exception(_page_failed)
    pages(desk)
    # NiceGUI looks through all objects for its server; Torch warns at one of its own.
    warnings.filterwarnings("ignore", category=FutureWarning, module="nicegui")
    ui.run_with(
        app,
        title="insonify review",
        dark=True,
        tailwind=False,  # It compiles styles in the browser; the pages have their own.
        show_welcome_message=False,
    )
    return guarded(app, options)


def routed(desk: Desk) -> FastAPI:
    """The addresses under ``/api``, without pages and unguarded."""
    return FastAPI(
        routes=api_routes(desk),
        exception_handlers=error_handlers(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )


def guarded(app: FastAPI, options: ServeOptions) -> Guard:
    """An app behind the guard, and behind the door if there is a password.

    Raises:
        ConfigError: others could come in without a password.
    """
    door = None
    if options.password is not None:
        sessions = Sessions(options.idle_minutes * 60)
        # Browsers share cookies between the ports of a machine: another app's session
        # must not be overwritten.
        door = Door(
            options.password,
            sessions,
            Attempts(),
            cookie=f"insonify-{secrets.token_hex(4)}",
            secure=options.secure,
        )
    elif not is_local(options.host):
        raise ConfigError(
            f"--host {options.host} lets others in, so a password is needed; make one "
            "with `insonify review --make-password FILE` and pass --password-file FILE"
        )
    hosts = allowed_hosts(options.host)
    return Guard(app, hosts, door, secure=options.secure)


def serve(
    desk: Desk,
    options: ServeOptions,
    pages: Pages,
    on_ready: OnReady = lambda _: None,
) -> None:
    """Serve until Ctrl-C; then end what the desk does, too.

    Args:
        desk: What routes and pages ask.
        options: Where to listen, and who may come in.
        pages: Registers NiceGUI pages.
        on_ready: Told the URL as soon as the app listens.

    Raises:
        ConfigError: the address cannot be listened on, or the certificate not used, or
            others could come in without a password.
    """
    _check_certificate(options)
    with desk, bound_socket(options.host, options.port) as bound:
        config = uvicorn.Config(
            build(desk, options, pages),
            access_log=False,
            log_level="warning",
            # Nobody may say on another's behalf where a request comes from.
            proxy_headers=False,
            server_header=False,
            ssl_certfile=options.certificate,
            ssl_keyfile=options.private_key,
            timeout_graceful_shutdown=_GRACE_S,
            ws="wsproto",
            ws_max_size=_MESSAGE,
        )
        scheme = "https" if options.secure else "http"
        url = f"{scheme}://{address_of(bound, options.host)}/"
        desk.start()
        try:
            _Server(config, lambda: on_ready(url)).run([bound])
        except KeyboardInterrupt:  # Raised again by uvicorn, once all is closed.
            return


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def _check_certificate(options: ServeOptions) -> None:
    """Refuse a certificate that cannot be used, before anything is started."""
    if options.certificate is None or options.private_key is None:
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.private_key, _no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        raise ConfigError(
            f"--certificate {options.certificate}, --private-key "
            f"{options.private_key}: cannot be used ({error}); name a certificate and "
            "its key, both PEM, the key without a password"
        ) from None


def _no_password() -> str:
    """For a key that has one: OpenSSL would ask at the terminal."""
    return ""


def _page_failed() -> None:
    ui.label("This failed; what went wrong is in the terminal of the app.")
