"""What both chains have: a gateway that is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from mirror_chain import Made, MirrorChain

from chainboy.consensus.escrow import Claim, Escrow
from chainboy.consensus.params import Params
from chainboy.consensus.record import Record
from chainboy.consensus.request import Request
from chainboy.contracts.gateway import Gateway
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.units import Address, Timestamp
from mirrored.figures import CONSUMER, PROFILE, PROGRAM

_UNTOLD = ("chain_id", "gateway", "input_hash")


class AskedChain(MirrorChain):
    """A chain with a gateway."""

    def ask(self, *, tip: int = 0, price: int = 1_000, life: int = 3_000, callback_gas: int = 0) -> Request:
        """A request by somebody."""
        params = Params(mode=0, commit_window=60, fuel_limit=1_000, expires_at=self.now + 1 + life)  # type: ignore[arg-type]
        asked = (PROGRAM, b"", params.pack(), callback_gas, tip)
        self.change(lambda state: self.write(state, "request", asked, CONSUMER, price + tip))
        event = Gateway.decode(self.events[-1])
        assert isinstance(event, TaskRequested)
        return event.request


def gateway_views(escrow: Escrow, verifier: Address) -> dict[str, Callable[..., Any]]:
    """What a gateway can be asked."""
    return {
        "version": lambda: 1,
        "verifier": lambda: verifier,
        "profile": lambda: PROFILE.gateway,
        "state_of": lambda task_id: int(escrow.state_of(task_id)),
        "is_claimed": escrow.is_claimed,
    }


def gateway_write(  # noqa: PLR0917 - passed on as it came
    escrow: Escrow, name: str, arguments: Sequence[Any], sender: Address, value: int, now: Timestamp
) -> list[Made]:
    """What a gateway's function does, and the events that tell of it."""
    here = {"chain_id": escrow.chain_id, "gateway": escrow.gateway}
    match name:
        case "request":
            asked = escrow.request(*arguments, sender=sender, value=value, now=now)
            fields = attrs.asdict(asked, filter=lambda field, _: field.name not in _UNTOLD)
            fields |= {"task_id": asked.task_id, "input": arguments[1]}
            return [(escrow.gateway, "ITaskGateway", "TaskRequested", fields)]
        case "deliver" | "retry":
            request, record, outcome, proof = arguments
            if name == "retry":
                escrow._require_proven(record["task_id"], Record(**record), outcome, proof)
                return []
            asked = Request(**{**request, **here})
            escrow.deliver(asked, Record(**record), outcome, proof, sender=sender, now=now)
        case "refund":
            escrow.refund(Request(**{**arguments[0], **here}), now=now)
        case "claim":
            claims = [Claim(**each) for each in arguments[0]]
            assert escrow.claim(claims) == ("",) * len(claims)
        case _:
            raise AssertionError(name)
    return []
