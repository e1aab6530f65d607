"""The pytest fixture that gives a test a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chainboy.testing import LocalNetwork


@pytest.fixture
def chainboy_network() -> Iterator[Callable[..., LocalNetwork]]:
    """A maker of local networks: ``chainboy_network(bonds=[400, 300])``; each is stopped after the test."""
    from chainboy.testing import LocalNetwork  # noqa: PLC0415 - every pytest run loads this plugin

    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(LocalNetwork(*args, **kwargs))
