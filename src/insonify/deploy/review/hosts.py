"""Under which names the app may be asked for, and where it listens.

A page of another site can make a browser ask for that site's own name at our address
(DNS rebinding), but not for a number: so numbers are allowed, and names that are ours.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final

from insonify.core.errors import ConfigError

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?")
_HERE: Final = "localhost"


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """What a ``Host`` header may say."""

    names: frozenset[str]
    """In lower case."""
    numbers: bool
    """Whether any IP address may be said, not only one of this machine itself."""

    def allow(self, header: str) -> bool:
        """Whether a ``Host`` header names us.

        Its port is not looked at: a tunnel may come from another one.
        """
        found = _HOST.fullmatch(header)
        if found is None:
            return False
        name = found[1].lower().strip("[]")
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.numbers or address.is_loopback


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address or name.

    Raises:
        ConfigError: there is no such name.
    """
    return all(
        ipaddress.ip_address(place[4][0]).is_loopback for place in _places(host, 0)
    )


def allowed_hosts(host: str) -> Hosts:
    """Names under which an app that listens at ``host`` is asked for."""
    if is_local(host):
        return Hosts(names=frozenset({_HERE, host.lower()}), numbers=False)
    own = socket.gethostname().lower()
    names = {_HERE, host.lower(), own, f"{own}.local", socket.getfqdn().lower()}
    return Hosts(names=frozenset(names), numbers=True)


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that has the address; nobody is answered before the server runs.

    Raises:
        ConfigError: the address is taken, not ours, or not allowed.
    """
    family, kind, protocol, _, address = _places(host, port)[0]
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()  # Else a second app could bind the port too, until one listens.
    except OSError as error:
        found.close()
        raise ConfigError(
            f"cannot listen on {host}, port {port} ({error.strerror}); stop what uses "
            "it, or pass another --port (0: any that is free) or --host"
        ) from None
    return found


def address_of(bound: socket.socket, host: str) -> str:
    """Host and port as a browser wants them."""
    port = bound.getsockname()[1]
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return f"{host}:{port}"
    if number.is_unspecified:
        return f"{socket.gethostname()}:{port}"
    return f"[{host}]:{port}" if number.version == 6 else f"{host}:{port}"


def _places(host: str, port: int) -> list[tuple]:  # type: ignore[type-arg]
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"--host {host}: no such address ({error}); name an address of this "
            "machine, such as 127.0.0.1 or 0.0.0.0"
        ) from None
