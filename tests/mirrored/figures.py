"""The figures, keys and addresses of a network made of the contracts' mirrors."""

from __future__ import annotations

from keyring import keys
from mirror_chain import GAS, GENESIS, PRICE_OF_GAS

from chainboy.chain.signer import KeySigner
from chainboy.consensus.encoding import keccak
from chainboy.consensus.fields import to_address
from chainboy.consensus.outcome import Outcome, Status
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.profile import Profile
from chainboy.contracts.remote import RemoteDeployment
from chainboy.units import Fuel, Timestamp

EPOCH = 600
"""Seconds; the clocks of both chains agree."""

PROFILE = Profile.local(genesis_time=Timestamp(GENESIS))
TRUST_EPOCHS = PROFILE.registry.trust_epochs
INTERVAL = PROFILE.hub.min_seal_interval
HOME_ID, REMOTE_ID = 1_337, 31_400
COST = GAS * PRICE_OF_GAS
"""What every transaction costs unless a test says otherwise."""

KEYS = {key.address: key for key in keys(4)}
NODES = tuple(KEYS)
BONDS = dict(zip(NODES, (30, 20, 40, 10), strict=True))
"""More than half, 51, are any three with the third, or the first and the third."""

OPERATOR, REQUESTER, STRANGER = (KeySigner(bytes([n]) * 32) for n in (0xA1, 0xA2, 0xA3))
OWNER, CONSUMER = to_address(b"\x0c" * 20), to_address(b"\x0d" * 20)
GUARDIAN = KeySigner(b"\xa4" * 32)
PROGRAM = keccak(b"program")
ANSWER = Outcome(Status.OK, Fuel(7), (42).to_bytes(32, "big")).encode()
"""An outcome: status 0, fuel 7, the payload 42."""

DEPLOYMENT = Deployment(
    chain_id=HOME_ID,
    token=to_address(b"\xaa" * 20),
    registry=to_address(b"\xbb" * 20),
    hub=to_address(b"\xcc" * 20),
    verifier=to_address(b"\xdd" * 20),
    gateway=to_address(b"\xee" * 20),
)
PLACE = RemoteDeployment(
    chain_id=REMOTE_ID,
    home_chain_id=HOME_ID,
    hub=DEPLOYMENT.hub,
    verifier=to_address(b"\x5a" * 20),
    gateway=to_address(b"\x5b" * 20),
)
DOMAIN = DEPLOYMENT.domain
