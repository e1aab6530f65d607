"""What goes wrong between here and an endpoint, each kind as an error of this package."""

from __future__ import annotations

import ast
import functools
import textwrap
import threading
from collections.abc import Mapping
from typing import Any

from eth_abi.abi import encode

from chainboy.chain.urls import scrubbed
from chainboy.errors import ChainBoyError, ChainError

# OSError covers requests' errors and sockets; the others are what web3 makes of an answer that is garbage.
_TRANSPORT = (OSError, ValueError, TypeError, AttributeError, LookupError)

_LOADING = threading.Lock()
"""py-evm's modules import each other in a circle, which two threads at once cannot stand."""

_REVERTED = 3
_ERROR_STRING = bytes.fromhex("08c379a0")


class RpcRefused(ChainError):
    """The endpoint answered with an error of its own; asking the same again seldom helps."""

    def __init__(self, method: str, code: int, reason: str) -> None:
        super().__init__(f"the endpoint refused {method}: {reason} (code {code}); see its documentation")
        self.code = code
        self.reason = reason


class RpcTimeout(ChainError, TimeoutError):
    """The endpoint did not answer in time; asking again, or for less, may help."""


class RpcReverted(ChainBoyError):
    """The contract reverted; whoever knows the contract turns ``data`` into words."""

    def __init__(self, data: bytes, reason: str) -> None:
        super().__init__(reason)
        self.data = data
        self.reason = reason


def backend_errors() -> tuple[type[Exception], ...]:
    """What web3 and its in-process backend raise for a request gone wrong."""
    with _LOADING:
        return _loaded_errors()


@functools.cache
def _loaded_errors() -> tuple[type[Exception], ...]:
    from eth.exceptions import PyEVMError  # noqa: PLC0415 - heavy, and here only once web3 is loaded
    from eth_tester import exceptions as tester  # noqa: PLC0415
    from eth_utils.exceptions import ValidationError  # noqa: PLC0415
    from web3.exceptions import Web3Exception  # noqa: PLC0415

    in_process = (PyEVMError, ValidationError, tester.ValidationError, tester.TransactionFailed)
    return (Web3Exception, tester.BlockNotFound, *in_process, *_TRANSPORT)


def translated(method: str, error: Exception, url: str) -> ChainBoyError:
    """What an error of :func:`backend_errors` means; no secret of ``url`` is in it."""
    from eth_tester.exceptions import TransactionFailed  # noqa: PLC0415
    from web3.exceptions import Web3Exception, Web3RPCError  # noqa: PLC0415

    if isinstance(error, TransactionFailed):
        return _failed_in_process(error)
    if isinstance(error, Web3RPCError) and error.rpc_response is not None:
        return _from_response(method, error.rpc_response["error"])
    if isinstance(error, (Web3Exception, *_TRANSPORT)):
        return _from_transport(method, error, _brief(error, url))
    return RpcRefused(method, 0, _brief(error, url))


def _from_transport(method: str, error: Exception, brief: str) -> ChainError:
    """Requests' own errors are OSErrors; a JSON error is both that and a ValueError."""
    from requests import exceptions as http  # noqa: PLC0415 - web3's own transport

    if isinstance(error, http.Timeout | TimeoutError):
        return RpcTimeout(f"the endpoint did not answer {method} in time; try again or use another endpoint")
    if isinstance(error, http.HTTPError):
        return ChainError(f"the endpoint answered {method} with an error ({brief}); try again later")
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return ChainError(f"the endpoint cannot be reached for {method} ({brief}); check its address")
    return ChainError(f"the endpoint's answer to {method} is garbage ({brief}); check its address")


def _from_response(method: str, error: Mapping[str, Any]) -> ChainBoyError:
    """The error object of a JSON-RPC answer, whose code and message web3 has checked.

    Servers differ in where they put what a contract reverted with.
    """
    code, reason, data = error["code"], error["message"], error.get("data")
    if isinstance(data, dict):
        data = data.get("data")
    words = f"{reason} {data}".lower()
    if code == _REVERTED or "revert" in words or "gas required exceeds" in words:
        return RpcReverted(_revert_data(data) if isinstance(data, str) else b"", reason)
    return RpcRefused(method, code, reason)


def _revert_data(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("Reverted ").removeprefix("0x"))
    except ValueError:
        return b""


def _failed_in_process(error: Exception) -> RpcReverted:
    """The revert data, from whichever of its forms eth-tester uses.

    From an estimate it comes as bytes in the error before web3's; from a call as the text of a bytes literal,
    but of an ``Error(string)`` only the string.
    """
    before = error.__context__
    told = before.args[0] if before is not None and before.args else None
    if isinstance(told, Exception) and told.args and isinstance(told.args[0], bytes):
        return RpcReverted(told.args[0], "execution reverted")
    reason = str(error).removeprefix("execution reverted: ")
    if reason[:2] in ("b'", 'b"'):
        try:
            return RpcReverted(bytes(ast.literal_eval(reason)), "execution reverted")
        except (SyntaxError, ValueError):
            pass
    return RpcReverted(_ERROR_STRING + encode(["string"], [reason]), reason)


def _brief(error: Exception, url: str) -> str:
    return textwrap.shorten(scrubbed(str(error), url) or type(error).__name__, 200, placeholder="...")
