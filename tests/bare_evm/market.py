"""A gateway with its mirror beside it, on whatever chain: every call is made on both and compared."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from bare_evm.agree import Done, both, struct
from bare_evm.contracts import ERRORS, Contract
from bare_evm.evm import Evm

from chainboy.consensus.escrow import Claim, Escrow
from chainboy.consensus.fields import to_address
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request

BANK, TREASURER = (to_address(bytes([n]) * 20) for n in (0xB1, 0xB2))


class Market:
    """The part of a chain that asks, pays and is answered."""

    evm: Evm
    gateway: Contract
    escrow: Escrow
    touched_tasks: set[bytes]

    @property
    def now(self) -> int:
        """Its time."""
        return self.evm.timestamp

    def advance(self, seconds: int, blocks: int) -> None:
        """Let time pass."""
        self.evm.move_to(self.evm.number + blocks, self.evm.timestamp + seconds)

    def _touch(self, *task_ids: bytes) -> None:
        self.touched_tasks.update(task_ids)

    def request(
        self, program: bytes, data: bytes, params: int, gas: int, tip: int, *, sender: str, value: int
    ) -> Done:
        """Ask and pay; the value is the request."""
        kept: list[Request] = []
        call = {"sender": sender, "value": value, "now": self.now}
        self.evm.fund(sender, value)
        done = both(
            lambda: kept.append(self.escrow.request(program, data, params, gas, tip, **call)),
            lambda: self.gateway.send("request", program, data, params, gas, tip, sender=sender, value=value),
        )
        if done.refused:
            return done
        assert done.value == kept[0].task_id
        self._touch(kept[0].task_id)
        return attrs.evolve(done, value=kept[0])

    def deliver(
        self, request: Request, record: Record, outcome: bytes, proof: bytes = b"", *, sender: str
    ) -> Done:
        """Bring a record."""
        self._touch(request.task_id)
        shown = (struct(request)[2:], struct(record), outcome, proof)
        return both(
            lambda: self.escrow.deliver(request, record, outcome, proof, sender=sender, now=self.now),
            lambda: self.gateway.send("deliver", *shown, sender=sender),
        )

    def refund(self, request: Request, *, sender: str = BANK) -> Done:
        """Get it back."""
        self._touch(request.task_id)
        return both(
            lambda: self.escrow.refund(request, now=self.now),
            lambda: self.gateway.send("refund", struct(request)[2:], sender=sender),
        )

    def claim(self, claims: Sequence[Claim], *, sender: str = BANK) -> tuple[str, ...]:
        """Claim shares; for each ``""``, or why it was passed over."""
        self._touch(*(claim.task_id for claim in claims))
        kept: list[tuple[str, ...]] = []
        shown = [struct(claim) for claim in claims]
        done = both(
            lambda: kept.append(self.escrow.claim(claims)),
            lambda: self.gateway.send("claim", shown, sender=sender),
        )
        skipped = [ERRORS.name(log.fields["reason"]) for log in done.logs if log.name == "ClaimSkipped"]
        assert skipped == [name for name in kept[0] if name]
        return kept[0]

    def withdraw(self, to: str, *, sender: str) -> Done:
        """Take a credit out."""
        return both(
            lambda: self.escrow.withdraw(to, sender=sender),
            lambda: self.gateway.send("withdraw", to, sender=sender),
        )

    def move_treasury(self, to: str, amount: int, *, sender: str) -> Done:
        """Take from the gateway's treasury."""
        return both(
            lambda: self.escrow.move_treasury(to, amount, sender=sender),
            lambda: self.gateway.send("moveTreasury", to, amount, sender=sender),
        )

    def compare_money(self, holders: Sequence[str], task_ids: Sequence[bytes]) -> None:
        """Credits, treasury, balance, and where every task stands."""
        gateway, escrow = self.gateway, self.escrow
        for holder in holders:
            assert gateway.view("creditOf", holder) == escrow.credit_of(holder)
        for task_id in task_ids:
            assert gateway.view("stateOf", task_id) == escrow.state_of(task_id)
            for rank in range(4):
                assert gateway.view("isClaimed", task_id, rank) == escrow.is_claimed(task_id, rank)
        assert gateway.view("treasury") == escrow.treasury
        assert gateway.view("nonce") == escrow.nonce
        assert self.evm.balance(gateway.address) == escrow.balance
