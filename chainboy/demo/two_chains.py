"""The demo with two chains: asked on one, answered on the other, carried by a relay, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from chainboy.chain.sender import Sender
from chainboy.chain.signer import recover
from chainboy.checkpoints.ledger import Ledger
from chainboy.consensus.attestations import Attestations
from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.proof import TaskProof
from chainboy.consensus.signing import checkpoint_message
from chainboy.contracts.registry_events import Slashed
from chainboy.demo import EURO_RATES, load, publish
from chainboy.demo.gas import gas_by_step
from chainboy.demo.narrator import PATIENCE, Narrator, Say
from chainboy.demo.two_chains_report import Refusal, TwoChainsReport
from chainboy.errors import ContractRefused, TaskPending
from chainboy.testing.network import LocalNetwork
from chainboy.units import Address, Digest, Wei

if TYPE_CHECKING:
    from chainboy.tasks.result import Result
    from chainboy.tasks.task import Task

NAMES = ("Ada", "Bela", "Cleo", "Dina", "Emil")
BONDS = (300, 250, 200, 150, 100)
FORGER = 3
MORE = 200
"""Tokens that Emil's owner adds."""

PRICE, TIP = Wei(10**16 + 7), Wei(10**15)


def run_two_chains(directory: Path, say: Say) -> TwoChainsReport:
    """Play it all and write the remote task's proof file into ``directory``.

    Raises :class:`~chainboy.errors.ChainBoyError` when something does not come about or a proof fails.
    """
    directory.mkdir(parents=True, exist_ok=True)
    say("Starting two chains in this process, a home chain and a remote one, five nodes and a relay:")
    for name, bond in zip(NAMES, BONDS, strict=True):
        say(f"  {name:<6} {bond:>4} tokens")
    with LocalNetwork(BONDS, remotes=1) as network:
        return _Show(network, directory, say).run()


class _Show:
    def __init__(self, network: LocalNetwork, directory: Path, say: Say) -> None:
        self._network = network
        self._directory = directory
        self._say = say
        (self._remote,) = network.remotes
        self._narrator = Narrator(
            network,
            {node.signer.address: name for node, name in zip(network.nodes, NAMES, strict=True)},
            say,
        )
        self._client = network.client(on=self._remote)
        self._hub = network.deployment.hub_on(network.chain)

    def run(self) -> TwoChainsReport:
        """One act after the other."""
        publish(self._network.content)
        self._say("\nA request on the remote chain")
        program = load(EURO_RATES)
        task = self._client.submit(program, euros=1_000, exchanges=6, fee_bps=10, price=PRICE, tip=TIP)
        result = self._carried(task)
        before = self._remote.verifier.distribution()
        self._say("\nA change of bonds")
        self._bond_more()
        after = self._remote.verifier.distribution()
        self._say("\nWhat the remote chain refuses")
        with self._network.paused():
            refusals = (self._forged(), self._stale())
            slashed = self._slash_forger()
        carriage = result.carriage
        if carriage is None:
            raise TaskPending("the result is not delivered yet; run the demo again on an idle machine")
        with self._network.paused():
            return TwoChainsReport(
                task_id=task.id,
                value=str(result.value),
                agreeing_weight=result.agreeing_weight,
                total_weight=result.total_weight,
                chain_id=self._remote.chain.chain_id,
                checkpoint=carriage.checkpoint.number,
                stake_age=carriage.stake_age,
                stake_before=before.stake_total,
                stake_after=after.stake_total,
                refusals=refusals,
                slashed=slashed,
                proof=self._prove(task, before.stake_hash),
                home_gas=gas_by_step(self._network.chain),
                remote_gas=gas_by_step(self._remote.chain),
            )

    def _carried(self, task: Task) -> Result:
        gateway, wait = self._remote.gateway, self._narrator.wait
        wait(lambda: task.poll() is not None)
        self._say("  the record is final on the home chain; the relay seals, and nodes sign")
        result = task.result(PATIENCE, delivered=True)
        self._say(f"  checkpoint {self._remote.verifier.last_number()} is accepted, the result delivered")
        wait(lambda: all(gateway.is_claimed(task.id, winner.rank) for winner in result.winners))
        self._say("  every winner has claimed its reward on the remote chain")
        return task.result(PATIENCE)

    def _bond_more(self) -> None:
        """Emil's owner bonds more; it counts from the next epoch on, and then on the remote chain, too."""
        network, emil = self._network, len(BONDS) - 1
        with network.paused():
            owner, chain = Sender(network.chain, network.signer(f"owner {emil}")), network.chain
            token, registry = network.deployment.token_on(chain), network.deployment.registry_on(chain)
            network.give_tokens(owner.address, MORE)
            owner.send(token.approve(registry.address, MORE))
            owner.send(registry.bond(network.nodes[emil].signer.address, MORE))
        self._say(f"  {NAMES[emil]} bonds {MORE} tokens more; the next epoch begins")
        network.next_epoch()
        total = sum(BONDS) + MORE
        self._narrator.wait(lambda: self._remote.verifier.distribution().stake_total == total)
        self._say(f"  the remote chain counts {total} tokens now")

    def _forged(self) -> Refusal:
        """A checkpoint with records that never were, signed by one node."""
        sealed = self._ledger().sealed(self._remote.verifier.last_number())
        forged = attrs.evolve(
            sealed.checkpoint, number=sealed.checkpoint.number + 1, records_root=Digest(b"\xbd" * 32),
            records_count=sealed.checkpoint.records_count + 1,
        )  # fmt: skip
        self._forgery = forged
        return self._refused("a forged checkpoint, signed by Dina alone", forged, (FORGER,))

    def _stale(self) -> Refusal:
        """The first checkpoint again, signed by all."""
        first = self._ledger().sealed(1).checkpoint
        return self._refused("a checkpoint older than the last", first, range(len(BONDS)))

    def _refused(self, what: str, checkpoint: Checkpoint, by: tuple[int, ...] | range) -> Refusal:
        verifier = self._remote.verifier
        stake = self._ledger().distribution(verifier.distribution().epoch)
        signed = Attestations.pack(stake, {self._address(i): self._signature(i, checkpoint) for i in by})
        call = verifier.submit(checkpoint, stake.words, signed.bitmap, signed.signatures)
        try:
            Sender(self._remote.chain, self._network.signer("requester")).send(call)
        except ContractRefused as error:
            self._say(f"  {what}: {error.name}")
            return Refusal(what=what, error=error.name or "")
        raise TaskPending(f"{what} was not refused; report this")

    def _slash_forger(self) -> int:
        """Anybody who has the forged signature can show it to the hub."""
        sender = Sender(self._network.chain, self._network.signer("requester"))
        self._network.fund(sender.address)
        call = self._hub.slash_forgery(
            self._forgery, self._address(FORGER), self._signature(FORGER, self._forgery)
        )
        receipt = sender.send(call)
        registry = self._network.deployment.registry_on(self._network.chain)
        (slash,) = registry.events(receipt.logs, Slashed)
        self._say(f"  the hub slashes Dina's forgery by {slash.amount} tokens, and Dina is out for good")
        return slash.amount

    def _prove(self, task: Task, genesis: Digest) -> Path:
        path = self._directory / f"proof-0x{task.id.hex()[:8]}.json"
        path.write_text(task.proof().to_json())
        TaskProof.from_json(path.read_bytes()).verify(recover=recover, expected_genesis=genesis)
        return path

    def _ledger(self) -> Ledger:
        ledger = Ledger(self._network.chain, self._network.deployment)
        ledger.follow(self._network.chain.final_number())
        return ledger

    def _address(self, index: int) -> Address:
        return self._network.nodes[index].signer.address

    def _signature(self, index: int, checkpoint: Checkpoint) -> bytes:
        message = checkpoint_message(self._network.deployment.domain, checkpoint)
        return self._network.nodes[index].signer.sign(message)
