"""The hub's checkpoints with their mirror beside them: what is sealed, who signed it, who forged."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from bare_evm.agree import Done, both, struct
from bare_evm.contracts import ERRORS, Contract
from bare_evm.evm import Evm
from bare_evm.market import BANK
from keyring import recover

from chainboy.consensus.checkpoint import Checkpoint
from chainboy.consensus.fields import ZERO_ADDRESS
from chainboy.consensus.round import Moment
from chainboy.consensus.seal_book import SealBook
from chainboy.consensus.signing import Domain, checkpoint_digest, signer_of
from chainboy.consensus.stake import Offence


class Sealing:
    """The part of the home chain that other chains look at."""

    evm: Evm
    hub: Contract
    registry: Contract
    domain: Domain
    seals: SealBook
    touched_stake: bool

    @property
    def at(self) -> Moment:
        """The block that calls happen in."""
        return Moment(self.evm.number, self.evm.timestamp)

    def seal(self, nodes: Sequence[str], *, sender: str = BANK) -> Done:
        """Make a checkpoint; the event must say what the mirror made."""
        kept: list[Checkpoint] = []
        done = both(
            lambda: kept.append(self.seals.seal(nodes, at=self.at)),
            lambda: self.hub.send("seal", list(nodes), sender=sender),
        )
        if done.refused:
            return done
        (made,), (log,) = kept, done.logs
        words = self.seals.distribution.words if nodes and self.seals.distribution else ()
        assert log.name == "Sealed"
        assert log.fields == {"number": made.number, "checkpoint": struct(made), "words": words}
        return attrs.evolve(done, value=made)

    def attest(self, number: int, entries: Sequence[tuple[str, bytes]], *, sender: str = BANK) -> Done:
        """Publish signatures; the value is for each ``""``, or why it was passed over."""
        signed = [self._has_signed(self.seals.digest_of(number, self.domain), *entry) for entry in entries]
        mirrored = [(node, good) for (node, _), good in zip(entries, signed, strict=True)]
        kept: list[tuple[str, ...]] = []
        done = both(
            lambda: kept.append(self.seals.attest(number, mirrored)),
            lambda: self.hub.send("attest", number, list(entries), sender=sender),
        )
        if done.refused:
            return done
        names = tuple(map(ERRORS.name, done.value))
        assert names == kept[0]
        for log, (node, signature), name in zip(done.logs, entries, names, strict=True):
            told = {"reason": ERRORS.selector(name)} if name else {"signature": signature}
            assert log.name == ("AttestationSkipped" if name else "Attested")
            assert log.fields == {"number": number, "node": node, **told}
        return attrs.evolve(done, value=names)

    def slash_forgery(
        self, checkpoint: Checkpoint, node: str, signature: bytes, *, sender: str = BANK
    ) -> Done:
        """Show a signature; the registry's events must say what the mirror took."""
        self.touched_stake = True
        signed = self._has_signed(checkpoint_digest(self.domain, checkpoint), node, signature)
        member, kept = self.seals.registry.node(node).active, list[int]()
        done = both(
            lambda: kept.append(self.seals.slash_forgery(checkpoint, node, signed=signed, at=self.at)),
            lambda: self.hub.send("slashForgery", struct(checkpoint), node, signature, sender=sender),
        )
        if done.refused:
            return done
        slashed, *left = self.registry.events(self.evm.last_logs)
        from_epoch = self.seals.registry.epoch(self.evm.timestamp) + 1
        assert slashed.fields == {"node": node, "offence": Offence.FORGERY, "amount": kept[0]}
        assert [(log.name, log.fields) for log in left] == [
            ("WeightChanged", {"node": node, "fromEpoch": from_epoch, "weight": 0}),
            ("Left", {"node": node, "fromEpoch": from_epoch}),
        ][: 2 * member]
        return attrs.evolve(done, value=kept[0])

    @staticmethod
    def _has_signed(digest: bytes, node: str, signature: bytes) -> bool:
        return node != ZERO_ADDRESS and signer_of(digest, signature, recover) == node

    def compare_seals(self) -> None:
        """What was sealed last, and the digests beside it."""
        seals = self.seals
        for number in {0, 1, *range(max(0, seals.last_number - 1), seals.last_number + 2)}:
            shown = self.hub.view("checkpointDigestOf", number)
            assert shown == seals.digest_of(number, self.domain)
        held, number = seals.distribution, seals.last_number
        stake = (held.hash, held.total) if held else (bytes(32), 0)
        assert self.hub.view("lastSeal") == (number, seals.distribution_epoch, *stake, seals.sealed_at)
