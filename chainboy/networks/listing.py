"""Lists a remote chain's gateway on the hub, so that nodes serve it.

Rule: protocol, section 10. The hub's curator alone can, it is effective after the deployment's listing
delay, and it is for good.
"""

from __future__ import annotations

from collections.abc import Callable

from chainboy.chain.sender import Sender
from chainboy.chain.signer import Signer
from chainboy.errors import ConfigError
from chainboy.networks.network import Network, contracts_of
from chainboy.units import Timestamp


def list_gateway(
    network: Network, chain: int | str, curator: Signer, *, tell: Callable[[str], object] = lambda _: None
) -> Timestamp:
    """List the gateway of the remote ``chain``, by name or id; from when on (block time) nodes serve it.

    What is listed already is not listed again. Both chains' contracts are checked first. Raises
    :class:`~chainboy.errors.ConfigError` if ``curator`` is not the hub's, and what
    :meth:`~chainboy.chain.sender.Sender.send` raises.
    """
    remote = network.remote(chain)
    gateway, chain_id = contracts_of(remote).gateway, remote.profile.chain_id
    network.connect(chain_id)
    home = network.connect_home()
    hub = network.deployment.hub_on(home)
    listed = hub.listed_from(chain_id, gateway)
    if listed:
        tell(f"the gateway of {remote.title} is listed already")
        return listed
    if (named := hub.curator()) != curator.address:
        raise ConfigError(f"the hub's curator is {named}, not {curator.address}; use the curator's key")
    Sender(home, curator).send(hub.list_gateway(chain_id, gateway))
    tell(f"listed the gateway {gateway} of {remote.title}")
    return hub.listed_from(chain_id, gateway)
