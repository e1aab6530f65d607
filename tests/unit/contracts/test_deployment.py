"""Deployment on py-evm: a network that works, found again from its file, and refused when anything is off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chainboy.chain import Chain, ChainProfile, KeySigner, Sender
from chainboy.consensus.fields import ZERO_ADDRESS, to_address
from chainboy.consensus.params import Mode, Params
from chainboy.contracts import deployment as module
from chainboy.contracts.deployment import Deployment, creation, deploy
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.hub import Hub
from chainboy.contracts.profile import Profile
from chainboy.errors import ChainError, ConfigError, ContractRefused, VersionMismatch, WrongChain
from chainboy.testing.backends import FAUCET_KEY, EmbeddedChain
from chainboy.units import Fuel, TaskId, Timestamp

pytestmark = pytest.mark.chain
Network = tuple[Sender, Deployment]


def new_sender() -> Sender:
    """An account with coins on a chain of its own."""
    backend = EmbeddedChain()
    return Sender(Chain(backend.web3, ChainProfile.local(backend.web3.eth.chain_id)), KeySigner(FAUCET_KEY))


@pytest.fixture(scope="module")
def network() -> Network:
    """A deployed network and its deployer."""
    sender = new_sender()
    profile = Profile.local(genesis_time=sender.chain.head().timestamp)
    return sender, deploy(sender, profile, treasurer=sender.address, token_supply=10**20)


def test_what_was_deployed_is_what_was_asked_for(network: Network) -> None:
    """Figures, supply, treasurers and wiring, read back from the contracts."""
    sender, made = network
    chain = sender.chain
    made.check(chain)
    registry, hub, gateway = made.registry_on(chain), made.hub_on(chain), made.gateway_on(chain)
    expected = Profile.local(genesis_time=registry.profile().genesis_time)
    assert Profile(registry=registry.profile(), hub=hub.profile(), gateway=gateway.profile()) == expected
    assert made.token_on(chain).balance_of(sender.address) == made.token_on(chain).total_supply() == 10**20
    assert registry.treasurer() == gateway.treasurer() == sender.address
    assert made.verifier_on(chain).live_until() > 2**64


def test_a_request_goes_through(network: Network) -> None:
    """The event's request names the task that the gateway names, and its money is held."""
    sender, made = network
    gateway = made.gateway_on(sender.chain)
    params = Params(
        mode=Mode.EXACT,
        commit_window=60,
        fuel_limit=Fuel(1),
        expires_at=Timestamp(sender.chain.head().timestamp + 3_600),
    )
    call = gateway.request(program=b"\x01" * 32, input=b"in", params=params.pack(), price=100, tip=5)
    receipt = sender.send(call)
    (event,) = gateway.events(receipt.logs, TaskRequested)
    assert event.request.task_id == event.task_id == gateway.task_id_of(event.request)
    assert gateway.state_of(event.task_id).name == "REQUESTED"
    assert sender.chain.balance(gateway.address) == 105
    with pytest.raises(ContractRefused, match="RefundTooEarly"):
        sender.send(gateway.refund(event.request))
    with pytest.raises(ContractRefused, match="TaskNotOpen"):
        sender.send(gateway.refund(attrs.evolve(event.request, nonce=99)))


def test_refusals_come_from_calls_and_estimates_alike(network: Network) -> None:
    """Arguments decoded on both ways through py-evm, static arrays of words included."""
    sender, made = network
    call = made.registry_on(sender.chain).bond(sender.address, 0)
    for attempt in (
        lambda: sender.chain.call(call, sender=sender.address),
        lambda: sender.chain.estimate_gas(call, sender.address),
        lambda: sender.send(call),
    ):
        with pytest.raises(ContractRefused) as caught:
            attempt()
        assert caught.value.name in ("NotRegistered", "NotOwner", "ZeroAmount")
        assert caught.value.__cause__ is not None


def test_a_hub_knows_no_foreign_task(network: Network) -> None:
    """Zeros, not errors, for what was never committed to."""
    sender, made = network
    hub = made.hub_on(sender.chain)
    assert hub.round_of(TaskId(bytes(32))).attempt == 0
    assert hub.record_hash_of(TaskId(bytes(32))) == bytes(32)
    assert (hub.records_count(), made.registry_on(sender.chain).seats_taken()) == (0, 0)


def test_the_file_gives_the_deployment_back(network: Network, tmp_path: Path) -> None:
    """JSON with one key for each field."""
    _, made = network
    path = tmp_path / "deployment.json"
    made.save(path)
    assert Deployment.load(path) == made
    assert set(json.loads(path.read_text())) == {field.name for field in attrs.fields(Deployment)}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"chain_id": 1}', "null"])
def test_a_damaged_file_is_a_configuration_error(tmp_path: Path, text: str) -> None:
    """Anything but a deployment is refused, a missing file too."""
    with pytest.raises(ConfigError, match="no deployment"):
        Deployment.from_json(text)
    with pytest.raises(ConfigError, match=r"missing\.json"):
        Deployment.load(tmp_path / "missing.json")


def test_bad_addresses_are_refused(network: Network) -> None:
    """An address that is none, or not in its EIP-55 form, does not become a deployment."""
    _, made = network
    fields = json.loads(made.to_json())
    for wrong in ("0x12", made.hub.lower()):
        with pytest.raises(ConfigError, match="no deployment"):
            Deployment.from_json(json.dumps(fields | {"hub": wrong}))


def test_the_handshake_refuses_what_is_off(network: Network) -> None:
    """Another chain, no contract, the wrong contract, contracts of two networks."""
    sender, made = network
    chain = sender.chain
    with pytest.raises(WrongChain, match="use that"):
        attrs.evolve(made, chain_id=1).check(chain)
    with pytest.raises(WrongChain, match="serves chain"):
        made.check(Chain(chain.web3, ChainProfile.local(1)))
    with pytest.raises(VersionMismatch, match="no contract of this kind"):
        attrs.evolve(made, hub=ZERO_ADDRESS).check(chain)
    with pytest.raises(VersionMismatch, match="not what it should be"):
        attrs.evolve(made, verifier=ZERO_ADDRESS).check(chain)
    with pytest.raises(VersionMismatch, match="no contract of this kind"):
        attrs.evolve(made, hub=made.token).check(chain)
    with pytest.raises(ConfigError, match=r"registry\.token is"):
        attrs.evolve(made, token=ZERO_ADDRESS).check(chain)
    other = deploy(
        sender, Profile.local(genesis_time=chain.head().timestamp), treasurer=sender.address
    )
    with pytest.raises(ConfigError, match=r"gateway\.verifier is"):
        attrs.evolve(made, gateway=other.gateway).check(chain)


def test_another_signing_domain_is_refused(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures over another domain would all be thrown away: better to stop at once."""
    sender, made = network
    monkeypatch.setattr(Hub, "domain_separator", lambda _: bytes(32))
    with pytest.raises(VersionMismatch, match="another domain"):
        made.check(sender.chain)


def test_a_broken_profile_deploys_nothing() -> None:
    """The relation is named before the first transaction."""
    sender = new_sender()
    profile = Profile.local(genesis_time=Timestamp(0))
    broken = attrs.evolve(profile, hub=attrs.evolve(profile.hub, phase_blocks=19))
    with pytest.raises(ConfigError, match="phaseBlocks"):
        deploy(sender, broken, treasurer=sender.address)
    assert sender.chain.nonce(sender.address) == 0


def test_a_refused_deployment_says_which_contract() -> None:
    """A genesis in the future is the registry's refusal."""
    sender = new_sender()
    with pytest.raises(ContractRefused, match="genesisTime <= now") as caught:
        deploy(sender, Profile.local(genesis_time=Timestamp(2**40)), treasurer=sender.address)
    assert caught.value.__notes__ == ["while deploying NodeRegistry"]


def test_a_transaction_in_between_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that waits for another hub must not be used."""
    sender = new_sender()
    monkeypatch.setattr(module, "_created_at", lambda *_: to_address(b"\x01" * 20))
    with pytest.raises(ContractRefused, match=r"registry\.hub = this"):
        deploy(sender, Profile.local(genesis_time=Timestamp(0)), treasurer=sender.address)


def test_a_receipt_without_address_is_an_endpoints_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that hides where it put a contract is told."""
    sender = new_sender()
    send = sender.send

    def hidden(*arguments: Any, **options: Any) -> Any:
        return attrs.evolve(send(*arguments, **options), contract=None)

    monkeypatch.setattr(sender, "send", hidden)
    with pytest.raises(ChainError, match="where it put ChainBoyToken"):
        deploy(sender, Profile.local(genesis_time=Timestamp(0)), treasurer=sender.address)


def test_only_contracts_are_created() -> None:
    """An interface has no code."""
    with pytest.raises(ConfigError, match="ITaskGateway cannot be deployed"):
        creation("ITaskGateway")


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**63) | st.sampled_from([0, 127, 128, 255, 256]))
def test_the_address_of_a_creation(creator: bytes, nonce: int) -> None:
    """As the rlp library encodes it."""
    expected = to_address(keccak(rlp.encode([creator, nonce]))[12:])
    assert module._created_at(to_address(creator), nonce) == expected
