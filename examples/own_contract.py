"""A contract that asks, is called back, and keeps the answer: ResultKeeper, driven by its owner's account."""

from __future__ import annotations

from chainboy import TaskClient, program
from chainboy.abi import uint256
from chainboy.chain.call import Call
from chainboy.chain.sender import Sender
from chainboy.contracts.deployment import creation
from chainboy.contracts.interface import interface
from chainboy.tasks import Ask
from chainboy.testing import LocalNetwork

KEEPER = interface("ResultKeeper").functions


@program
def median(values: list[uint256]) -> uint256:
    return sorted(values)[len(values) // 2]


def main() -> None:
    with LocalNetwork(bonds=[300, 200, 100]) as network:
        signer = network.signer("backend")
        network.fund(signer.address)
        owner = Sender(network.chain, signer)
        gateway = network.deployment.gateway
        keeper = owner.send(
            creation("ResultKeeper", gateway, owner.address, median.program.cid.digest)
        ).contract

        def through_keeper(ask: Ask) -> Call:
            data = KEEPER["ask"].encode(ask.input, ask.params, ask.callback_gas, ask.tip)
            return Call(to=keeper, data=data, value=ask.value)

        client = TaskClient(network.chain, network.deployment, signer=owner, content=network.content)
        task = client.submit(
            median, [30, 10, 20], price=10**16, tip=10**14, callback_gas=200_000, via=through_keeper
        )
        task.result(timeout=60, delivered=True)
        answer = network.chain.call(Call(to=keeper, data=KEEPER["price"].encode(3_600)))
        print("the contract keeps", int.from_bytes(answer, "big"))


if __name__ == "__main__":
    main()
