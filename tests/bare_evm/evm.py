"""An EVM without a chain: messages run straight on a state, at a block number and time of the test's choice.

py-evm's own interpreter, without transactions, signatures and blocks around it: calls cost a fraction of what
they cost through a node, and time stands still until a test moves it.
"""

from __future__ import annotations

from typing import Any

import attrs
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.rlp.headers import BlockHeader
from eth.vm.forks.istanbul import IstanbulVM
from eth.vm.message import Message
from eth_utils.address import to_canonical_address

from chainboy.consensus.fields import to_address

CHAIN_ID = 111_111
GAS = 30_000_000
START = 1_700_000_000


@attrs.frozen
class Ran:
    """How a message ended: what it gave or reverted with, its logs (address, topics, data) and its gas."""

    failed: bool
    output: bytes
    logs: tuple[tuple[bytes, tuple[int, ...], bytes], ...]
    gas: int


class Evm:
    """One state under Istanbul's rules."""

    def __init__(self, chain_id: int = CHAIN_ID) -> None:
        chain_class = MiningChain.configure(
            __name__="BareChain", vm_configuration=((0, IstanbulVM),), chain_id=chain_id
        )
        genesis = {"difficulty": 1, "gas_limit": GAS, "timestamp": START, "extra_data": b""}
        chain: Any = chain_class.from_genesis(AtomicDB(), genesis, {})
        parent: BlockHeader = chain.get_canonical_head()
        self._state: Any = chain.get_vm(parent).state
        self._created = 0
        self.last_logs: tuple[Any, ...] = ()
        """What the last call logged, in all contracts."""
        self.move_to(1, START)

    def move_to(self, number: int, timestamp: int) -> None:
        """Put the next messages into this block."""
        context = self._state.execution_context
        context._block_number, context._timestamp = number, timestamp

    @property
    def number(self) -> int:
        """The block's number."""
        return int(self._state.block_number)

    @property
    def timestamp(self) -> int:
        """The block's time."""
        return int(self._state.timestamp)

    def settle(self) -> None:
        """End a transaction: gas for storage counts against what it holds now. There is no way back."""
        self._state.lock_changes()

    def snapshot(self) -> Any:
        """A point to come back to."""
        return self._state.snapshot(), self.number, self.timestamp

    def revert(self, snapshot: Any) -> None:
        """Come back to it."""
        point, number, timestamp = snapshot
        self._state.revert(point)
        self.move_to(number, timestamp)

    def fund(self, account: str, amount: int) -> None:
        """Give an account coins out of nothing."""
        address = to_canonical_address(account)
        self._state.set_balance(address, self._state.get_balance(address) + amount)

    def balance(self, account: str) -> int:
        """An account's coins."""
        return int(self._state.get_balance(to_canonical_address(account)))

    def deploy(self, code: bytes, sender: str) -> str:
        """Create a contract; raises when its constructor reverts."""
        address = self.next_address()
        ran = self._run(_message(sender, code=code, create_address=to_canonical_address(address)))
        if ran.failed:
            raise DeploymentFailed(ran.output)
        self._created += 1
        return address

    def next_address(self, ahead: int = 0) -> str:
        """Where the contract after ``ahead`` others will be."""
        return to_address(b"\xc0" + (self._created + ahead + 1).to_bytes(19, "big"))

    def call(self, to: str, data: bytes, sender: str, value: int = 0) -> Ran:
        """Run a message for good, unless it fails."""
        target = to_canonical_address(to)
        code = self._state.get_code(target)
        ran = self._run(_message(sender, to=target, data=data, value=value, code=code))
        self.last_logs = ran.logs
        return ran

    def view(self, to: str, data: bytes, sender: str) -> Ran:
        """Run a message and undo it."""
        snapshot = self._state.snapshot()
        ran = self.call(to, data, sender)
        self._state.revert(snapshot)
        return ran

    def _run(self, message: Message) -> Ran:
        context = self._state.get_transaction_context_class()(gas_price=0, origin=message.sender)
        computation_class = self._state.computation_class
        apply = (
            computation_class.apply_create_message if message.is_create else computation_class.apply_message
        )
        done = apply(self._state, message, context)
        used = GAS - done.get_gas_remaining() - done.get_gas_refund()
        return Ran(done.is_error, done.output, tuple(done.get_log_entries()), used)


def _message(sender: str, *, to: bytes = b"", value: int = 0, data: bytes = b"", **more: Any) -> Message:
    origin = to_canonical_address(sender)
    return Message(gas=GAS, to=to, sender=origin, value=value, data=data, **more)


class DeploymentFailed(Exception):
    """A constructor reverted; ``args[0]`` is what with."""
