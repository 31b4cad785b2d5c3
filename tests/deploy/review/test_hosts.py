"""Where an app listens."""

import socket

import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.review.hosts import address_of, bound_socket, is_local


def test_what_only_this_machine_reaches() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        assert is_local(host)
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        assert not is_local(host)


def test_any_free_port() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        host, port = bound.getsockname()
        assert (host, port > 0) == ("127.0.0.1", True)
        assert address_of(bound, "127.0.0.1") == f"127.0.0.1:{port}"
        assert address_of(bound, "0.0.0.0") == f"{socket.gethostname()}:{port}"
        assert address_of(bound, "::1") == f"[::1]:{port}"
        with pytest.raises(ConfigError, match="--port"):
            bound_socket("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a" * 300])
def test_addresses_that_are_not_ours(host: str) -> None:
    with pytest.raises(ConfigError, match=r"--host"):
        bound_socket(host, 0)
