"""What is checked of a network's contracts on one chain before they are trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from chainboy.consensus.signing import Domain
from chainboy.errors import ConfigError, ContractRefused, EncodingError, VersionMismatch, WrongChain
from chainboy.units import Digest

if TYPE_CHECKING:
    from chainboy.chain.client import Chain


class Contract(Protocol):
    """A contract that names its version."""

    def check(self) -> None:
        """Raises :class:`~chainboy.errors.VersionMismatch` if it is missing or of another version."""
        ...


class Wire(NamedTuple):
    """Something that a contract must know: how it is called, how to ask, and the right answer."""

    name: str
    ask: Callable[[], Any]
    expected: object


def check_place(chain: Chain, chain_id: int, contracts: Sequence[Contract]) -> None:
    """Check that ``chain`` is the chain ``chain_id``, and that the contracts are there.

    Raises :class:`~chainboy.errors.WrongChain` and :class:`~chainboy.errors.VersionMismatch`.
    """
    chain.check()
    if chain.chain_id != chain_id:
        raise WrongChain(f"the deployment is on chain {chain_id}, not {chain.chain_id}; use that")
    for contract in contracts:
        contract.check()


def check_wires(wires: Sequence[Wire], separator: Callable[[], Digest], domain: Domain) -> None:
    """Check that contracts know each other, and that ``separator`` is that of ``domain``.

    Raises :class:`~chainboy.errors.ConfigError` for a wrong wire, and
    :class:`~chainboy.errors.VersionMismatch` for another domain or a contract that does not answer.
    """
    try:
        answers = [(name, ask(), expected) for name, ask, expected in wires]
        signs_for = separator()
    except (EncodingError, ContractRefused) as error:
        raise VersionMismatch(f"a contract here is not what it should be ({error}); check it") from error
    for name, found, expected in answers:
        if found != expected:
            raise ConfigError(f"{name} is {found}, not {expected}; correct the deployment's addresses")
    if signs_for != domain.separator:
        raise VersionMismatch("the contracts sign in another domain than this package; use matching versions")
