"""What the requester does: asks, asks again what a reorganisation took, and knows what it asked."""

from __future__ import annotations

from random import Random
from typing import Any

from eth_account import Account
from node_world import World

from chainboy.consensus.params import Mode, Params
from chainboy.testing.backends import FAUCET_KEY, AnvilChain
from chainboy.units import Fuel, Timestamp, Wei

PRICE = 10**16
LIFE = 3_600
"""Seconds that each task lives, so that a jump of the clock makes none expire."""

PROGRAM = b"""# /// chainboy
# runtime = "cpython-wasm:1"
# inputs  = ["uint256 n"]
# outputs = ["int256"]
# ///
def main(n):
    return sum(i * i for i in range(n % 100))
"""


class Requester:
    """Sends requests as raw transactions, and again until they are so deep that nothing takes them back."""

    def __init__(self, world: World, backend: AnvilChain, dice: Random) -> None:
        self._world = world
        self._rpc = backend.web3.provider.make_request
        self._dice = dice
        self._account = Account.from_key(FAUCET_KEY)
        self._program = world.content.put(PROGRAM).digest
        self._nonce = world.chain.nonce(self._account.address)
        self._open: dict[str, str] = {}
        self.sent = 0

    def ask(self) -> str:
        """One request of any mode; returns the hash of its transaction."""
        mode = self._dice.choice((Mode.EXACT, Mode.EXACT, Mode.MEDIAN, Mode.RANDOM))
        random = mode is Mode.RANDOM
        params = Params(
            mode=mode,
            commit_window=self._dice.choice((5, 10, 20)),
            fuel_limit=Fuel(0 if random else 10**9),
            expires_at=Timestamp(self._world.chain.head().timestamp + LIFE),
        )
        program = bytes(32) if random else self._program
        data = b"" if random else self._dice.randrange(2**32).to_bytes(32, "big")
        call = self._world.gateway.request(program=program, input=data, params=params.pack(), price=PRICE)
        return self._send({"to": call.to, "data": f"0x{call.data.hex()}", "value": Wei(PRICE)})

    def keep_asking(self) -> None:
        """Send again what is in no block; let go what is deep."""
        head = self._world.chain.head().number
        for tx_hash, raw in list(self._open.items()):
            receipt = self._rpc("eth_getTransactionReceipt", [tx_hash]).get("result")
            if receipt is None:
                self._rpc("eth_sendRawTransaction", [raw])
            elif int(receipt["blockNumber"], 16) + 2 * self._world.profile.confirmations < head:
                assert receipt["status"] == "0x1", "the gateway refused a request"
                del self._open[tx_hash]

    @property
    def settled(self) -> bool:
        """Whether every request is deep in the chain."""
        return not self._open

    def _send(self, fields: dict[str, Any]) -> str:
        offer = {"chainId": self._world.chain.chain_id, "gas": 1_000_000, "gasPrice": 10**11}
        signed = self._account.sign_transaction({**fields, **offer, "nonce": self._nonce})
        self._nonce += 1
        self.sent += 1
        raw, tx_hash = f"0x{signed.raw_transaction.hex()}", f"0x{signed.hash.hex()}"
        self._open[tx_hash] = raw
        self._rpc("eth_sendRawTransaction", [raw])
        return tx_hash
