"""Makes the relay that a configuration file describes, after a handshake with every chain."""

from __future__ import annotations

from chainboy.chain.keys import opened
from chainboy.chain.sender import Sender
from chainboy.errors import ConfigError
from chainboy.networks.network import Network, contracts_of
from chainboy.relay.config import RelayConfig
from chainboy.relay.destination import Destination
from chainboy.relay.relay import Relay


def relay_of(config: RelayConfig) -> Relay:
    """The relay, ready to run.

    Raises what :meth:`~chainboy.networks.Network.connect` raises, and
    :class:`~chainboy.errors.ConfigError` for a chain that the network does not have.
    """
    network, signer = Network.load(config.network), opened(config.key)
    names = config.chains or {remote.profile.name for remote in network.remotes}
    if not names:
        raise ConfigError(f"{config.network} has no [[remote]] to carry to; add one, or name the home chain")
    home = Sender(network.connect_home(), signer)
    destinations = [_destination(network, name, home) for name in sorted(names)]
    return Relay(
        home,
        network.deployment,
        destinations,
        policy=config.policy,
        carried=config.carried,
        first=config.first_block,
    )


def _destination(network: Network, name: str, home: Sender) -> Destination:
    if name == network.home.profile.name:
        return Destination(network.deployment.gateway_on(home.chain), home)
    remote = network.remote(name)
    contracts, chain = contracts_of(remote), network.connect(remote.profile.chain_id)
    return Destination(
        contracts.gateway_on(chain), Sender(chain, home.signer), contracts.verifier_on(chain)
    )
