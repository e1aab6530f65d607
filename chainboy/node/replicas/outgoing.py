"""Whether a chain's endpoint takes transactions; one that only answers questions looks well."""

from __future__ import annotations

from typing import Any

from chainboy.chain.forwarding import ForwardingRequests
from chainboy.chain.refusals import is_of_endpoint
from chainboy.chain.rpc import Requests, RpcRefused


class Outgoing(ForwardingRequests):
    """Stands around a chain's requests; ``refused`` is why the last transaction was not taken, if so.

    What is wrong with a transaction itself is no fault of the endpoint, and its silence shows elsewhere.
    """

    def __init__(self, inner: Requests) -> None:
        super().__init__(inner)
        self.refused = ""

    def once(self, method: str, *params: Any) -> Any:
        """What the endpoint answers to one request."""
        if method != "eth_sendRawTransaction":
            return super().once(method, *params)
        try:
            answer = super().once(method, *params)
        except RpcRefused as error:
            self.refused = str(error) if is_of_endpoint(error) else ""
            raise
        self.refused = ""
        return answer
