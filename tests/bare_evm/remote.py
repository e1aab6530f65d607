"""A remote chain: a verifier of checkpoints and a gateway, with their mirrors beside them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bare_evm.agree import Done, both, struct
from bare_evm.contracts import Contract, Log, artifact
from bare_evm.evm import Evm
from bare_evm.market import BANK, TREASURER, Market
from bare_evm.world import GATEWAY, REGISTRY
from keyring import recover

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.checkpoint_book import CheckpointBook, TrustedStake
from chainboy.consensus.escrow import Escrow
from chainboy.consensus.fields import to_address
from chainboy.consensus.profiles import GatewayProfile, VerifierProfile
from chainboy.consensus.record import Record
from chainboy.consensus.signing import Domain

VERIFIER = VerifierProfile(
    genesis_time=REGISTRY.genesis_time,
    epoch_length=REGISTRY.epoch_length,
    trust_period=3_200,
    guardian_delay=1_600,
)
"""Longer than the home chain's bonds would allow, so that a task fits into half of it."""

GUARDIAN = to_address(b"\xb3" * 20)


class Remote(Market):
    """One chain that believes the nodes of the hub in ``domain``, ``first`` of all these."""

    def __init__(
        self,
        first: TrustedStake,
        *,
        domain: Domain,
        now: int,
        chain_id: int,
        profile: VerifierProfile = VERIFIER,
        gateway: GatewayProfile = GATEWAY,
    ) -> None:
        self.chain_id = chain_id
        self.evm = Evm(chain_id)
        self.evm.move_to(1, now)
        self.verifier = self.deploy(
            "CheckpointVerifier",
            domain.home_chain_id,
            domain.hub,
            struct(first),
            struct(profile),
            GUARDIAN,
        )
        self.gateway = self.deploy("TaskGateway", self.verifier.address, TREASURER, struct(gateway))
        self.book = CheckpointBook(
            profile, first, domain=domain, guardian=GUARDIAN, recover=recover, now=now
        )
        self.escrow = Escrow(
            gateway,
            chain_id=chain_id,
            gateway=self.gateway.address,
            treasurer=TREASURER,
            verifier=self.book,
        )
        self.touched_tasks = set()
        self.touched = True
        """Whether the verifier may have changed since a test looked."""

    def deploy(self, name: str, *args: Any) -> Contract:
        """Create a contract here."""
        return Contract.deploy(self.evm, artifact(name), *args)

    @contextmanager
    def fork(self) -> Iterator[None]:
        """Everything that happens inside is undone."""
        point, saved = self.evm.snapshot(), copy.deepcopy((self.book, self.escrow))
        try:
            yield
        finally:
            self.evm.revert(point)
            self.book, self.escrow = saved

    def submit(
        self,
        checkpoint: Checkpoint,
        words: Sequence[int],
        bitmap: int,
        signatures: bytes,
        *,
        sender: str = BANK,
    ) -> Done:
        """Bring a checkpoint."""
        self.touched = True
        done = both(
            lambda: self.book.submit(checkpoint, words, bitmap, signatures, now=self.now),
            lambda: self.verifier.send(
                "submit", struct(checkpoint), list(words), bitmap, signatures, sender=sender
            ),
        )
        fields = {"number": checkpoint.number, "checkpoint": struct(checkpoint)}
        return _told(done, Log("CheckpointAccepted", fields))

    def announce(self, stake: TrustedStake, *, sender: str = GUARDIAN) -> Done:
        """Name another distribution."""
        self.touched = True
        shown = (stake.epoch, stake.stake_hash, stake.stake_total)
        done = both(
            lambda: self.book.announce(stake, sender=sender, now=self.now),
            lambda: self.verifier.send("announce", *shown, sender=sender),
        )
        active_at = self.now + self.book.profile.guardian_delay
        return _told(done, Log("DistributionAnnounced", {**_named(stake), "activeAt": active_at}))

    def activate(self, *, sender: str = BANK) -> Done:
        """Let the announced distribution count."""
        self.touched = True
        done = both(
            lambda: self.book.activate(now=self.now),
            lambda: self.verifier.send("activate", sender=sender),
        )
        return _told(done, Log("DistributionActivated", _named(self.book.stake)))

    def require_record(self, record: Record, proof: bytes) -> Done:
        """Whether a proof holds."""
        return both(
            lambda: self.book.require_record(record, proof),
            lambda: (self.verifier.view("requireRecord", struct(record), proof), []),
        )

    def compare_verifier(self) -> None:
        """All that it tells."""
        view, book = self.verifier.view, self.book
        assert view("distribution") == struct(book.stake)
        assert view("lastNumber") == book.last_number
        assert view("liveUntil") == book.live_until
        assert view("currentEpoch") == book.profile.epoch(self.now)
        for number in {0, 1, book.last_number, book.last_number + 1}:
            accepted = book.accepted.get(number)
            assert view("rootOf", number) == (accepted.root if accepted else bytes(32))
        assert view("recordsCount") == book.accepted[book.last_number].count
        announced = book.announcement
        shown = (struct(announced.stake), announced.active_at) if announced else ((0, bytes(32), 0), 0)
        assert view("announcement") == shown


def _named(stake: TrustedStake) -> dict[str, object]:
    return {"epoch": stake.epoch, "stakeHash": stake.stake_hash, "stakeTotal": stake.stake_total}


def _told(done: Done, log: Log) -> Done:
    """One event or a refusal."""
    assert done.logs == (() if done.refused else (log,))
    return done
