"""What a deployment under way has signed, kept beside the network's file until its addresses stand there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from chainboy.consensus.fields import address, digest, uint
from chainboy.contracts.making import Creation
from chainboy.errors import ConfigError, EncodingError
from chainboy.networks.atomic import remove, write_atomically
from chainboy.units import Address, Digest

Tell = Callable[[str], None]
"""Takes one line about what was done."""

Start = Mapping[str, int | str]
"""What a deployment reads from a chain once, when it begins."""

STARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"home": ("genesis_time",), "remote": ("epoch", "stake_hash", "stake_total")}
)
"""The names of what each kind of deployment begins with."""


def _well_formed(instance: object, field: attrs.Attribute[Any], start: Start) -> None:
    if not isinstance(start, dict):
        raise EncodingError(f"{field.name} must be an object, not {start!r}")
    for name, value in start.items():
        if name == "stake_hash":
            digest(instance, field, bytes.fromhex(value.removeprefix("0x")))
        else:
            uint(256)(instance, field, value)


@attrs.frozen(kw_only=True)
class Terms:
    """What a deployment that goes on must not change: its chain, its deployer, and what it began with.

    ``start`` has whole numbers and texts: what was read from a chain when the deployment began.
    """

    kind: str
    chain_id: int = attrs.field(validator=uint(256))
    deployer: Address = attrs.field(validator=address)
    start: Start = attrs.field(factory=dict, validator=_well_formed)


class DeployJournal:
    """The journal of one deployment. The file appears with the first signature and is never half written."""

    def __init__(self, path: Path, terms: Terms, made: list[Creation], tell: Tell) -> None:
        self.path = path
        self.terms = terms
        self._made = {creation.name: creation for creation in made}
        self._tell = tell

    @classmethod
    def open(cls, path: Path, terms: Terms, begin: Callable[[], Start], tell: Tell) -> DeployJournal:
        """The journal in the file ``path``, or a new one that starts with what ``begin`` reads.

        Raises :class:`~chainboy.errors.ConfigError` for a journal of another deployment.
        """
        if not path.exists():
            return cls(path, attrs.evolve(terms, start=begin()), [], tell)
        kept, made = _read(path)
        for name, found, wanted in (
            ("the kind", kept.kind, terms.kind),
            ("the chain", kept.chain_id, terms.chain_id),
            ("the deployer", kept.deployer, terms.deployer),
        ):
            if found != wanted:
                raise ConfigError(
                    f"{path} is of another deployment: {name} is {found}, not {wanted}; finish that one, or "
                    "remove the file to leave its contracts behind"
                )
        if tuple(kept.start) != STARTS[kept.kind]:
            raise _no_journal(path, f"it began with {', '.join(kept.start) or 'nothing'}")
        return cls(path, kept, made, tell)

    @property
    def creations(self) -> tuple[Creation, ...]:
        """What was signed so far."""
        return tuple(self._made.values())

    def find(self, name: str) -> Creation | None:
        """The creation of the contract ``name``, if one was signed."""
        return self._made.get(name)

    def keep(self, made: Creation) -> None:
        """Write ``made`` down; raises :class:`~chainboy.errors.JournalError`."""
        if self._made.get(made.name) != made:
            self._write({**self._made, made.name: made})
        if made.address is not None:
            self._tell(f"{made.name} is at {made.address} (transaction 0x{made.tx_hash.hex()})")

    def forget(self, name: str) -> None:
        """The creation of ``name`` came to nothing."""
        self._write({other: made for other, made in self._made.items() if other != name})

    def remove(self) -> None:
        """The deployment is over."""
        remove(self.path)

    def _write(self, made: dict[str, Creation]) -> None:
        rows = [_row(creation) for creation in made.values()]
        text = json.dumps({**attrs.asdict(self.terms), "contracts": rows}, indent=1)
        write_atomically(self.path, text + "\n")
        self._made = made


def _row(made: Creation) -> dict[str, Any]:
    return {
        "name": made.name,
        "address": made.address,
        "nonce": made.nonce,
        "transaction": f"0x{made.tx_hash.hex()}",
        "raw": f"0x{made.raw.hex()}",
    }


def _creation(row: Mapping[str, Any]) -> Creation:
    name, nonce, place = row["name"], row["nonce"], row["address"]
    made = Creation(
        name=name,
        nonce=nonce,
        tx_hash=Digest(bytes.fromhex(row["transaction"].removeprefix("0x"))),
        raw=bytes.fromhex(row["raw"].removeprefix("0x")),
        address=place,
    )
    fields = attrs.fields(Creation)
    uint(64)(made, fields.nonce, nonce)
    digest(made, fields.tx_hash, made.tx_hash)
    if place is not None:
        address(made, fields.address, place)
    return made


def _read(path: Path) -> tuple[Terms, list[Creation]]:
    try:
        kept = json.loads(path.read_text("utf-8"))
        made = [_creation(row) for row in kept.pop("contracts")]
        return Terms(**kept), made
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); let this user read it") from error
    except (ValueError, TypeError, KeyError, AttributeError, EncodingError) as error:
        raise _no_journal(path, str(error)) from error


def _no_journal(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} is no journal of a deployment ({why}); restore it, or remove it to start anew and "
        "leave behind the contracts that it names"
    )
