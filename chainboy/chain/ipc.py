"""An endpoint behind an IPC socket, one request at a time; its answers are parsed as those over HTTP are."""

from __future__ import annotations

from json import JSONDecodeError
from typing import Any

from pydantic_core import from_json
from web3 import IPCProvider
from web3._utils.threads import Timeout


class IpcEndpoint(IPCProvider):
    """JSON-RPC at a socket's path; what nests too deeply never counts as a whole answer."""

    def make_request(self, method: Any, params: Any) -> Any:
        """One request, and its answer; raises ``TimeoutError`` in place of web3's own, which is none."""
        try:
            return super().make_request(method, params)
        except Timeout as error:
            raise TimeoutError("the socket gave no whole answer") from error

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> Any:
        """What web3 asks for as long as bytes come in."""
        try:
            return from_json(raw_response, allow_inf_nan=False)
        except ValueError as error:
            raise JSONDecodeError(str(error), "", 0) from error
