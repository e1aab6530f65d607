"""Unit tests talk to nobody: a socket cannot be opened, whatever asks for it."""

from __future__ import annotations

import asyncio
import socket

import pytest
from pytest_socket import SocketBlockedError

from chainboy.chain import ChainProfile, connect
from chainboy.errors import ChainError

BLOCKED = (SocketBlockedError, UserWarning)
"""The block itself, or its warning, which is an error here."""


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_no_socket(family: socket.AddressFamily) -> None:
    """Neither for the loopback nor for anybody else."""
    with pytest.raises(BLOCKED):
        socket.socket(family)


def test_no_name_is_looked_up() -> None:
    """The resolver is a network, too."""
    with pytest.raises(BLOCKED):
        socket.getaddrinfo("localhost", 80)


def test_no_endpoint() -> None:
    """What connects deep inside a library is stopped, too."""
    with pytest.raises((*BLOCKED, ChainError)):
        connect("http://127.0.0.1:1", ChainProfile.local(1)).check()


def test_asyncio_works() -> None:
    """An event loop wakes itself through a pair of Unix sockets, which reach nobody."""
    assert asyncio.run(asyncio.sleep(0, 7)) == 7
