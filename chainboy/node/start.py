"""Makes the node that a configuration file describes."""

from __future__ import annotations

import logging
from pathlib import Path

from chainboy.chain.client import Chain, connect
from chainboy.chain.signer import KeySigner
from chainboy.content.directory import DirectoryStore
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ConfigError, SandboxError
from chainboy.networks.network import Network
from chainboy.node.compose import compose_parts
from chainboy.node.config import NodeConfig
from chainboy.node.journal import Probe
from chainboy.node.runner import Node
from chainboy.sandbox.protocol import Sandbox

_log = logging.getLogger(__name__)


def node_of(config: NodeConfig, *, sandbox: Sandbox | None = None, probe: Probe | None = None) -> Node:
    """The node, ready to run; raises what :func:`~chainboy.node.compose.compose_parts` raises.

    ``sandbox`` replaces the default one, which is tested first; ``probe`` goes to the journal.
    """
    signer = KeySigner.from_keystore(config.keystore, _password(config))
    chain, deployment = _home(config)
    parts = compose_parts(
        chain=chain,
        deployment=deployment,
        signer=signer,
        content=DirectoryStore(config.content),
        sandboxes=_tested_sandboxes() if sandbox is None else (sandbox,),
        journal=config.journal,
        workers=config.workers,
        start_block=config.start_block,
        probe=probe,
    )
    return Node(parts, policy=config.policy)


def _home(config: NodeConfig) -> tuple[Chain, Deployment]:
    if not isinstance(config.home, Path):
        home = config.home
        return connect(home.url, home.chain), Deployment.load(home.deployment)
    network = Network.load(config.home)
    if network.remotes:
        raise ConfigError(
            f"{config.home}: a node serves the home chain alone; give a file without [[remote]]"
        )
    deployment = network.deployment
    return network.home.connect(), deployment


def _password(config: NodeConfig) -> str:
    try:
        return config.password_file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key.password_file {config.password_file} cannot be read: {error}") from error


def _tested_sandboxes() -> tuple[Sandbox, ...]:
    """The default sandbox if it runs every golden vector as released; else none: nothing is served.

    Rule: protocol, section 6 "Outcome".
    """
    from chainboy.sandbox.golden import self_test  # noqa: PLC0415 - loads wasmtime
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415

    sandbox = WasmSandbox()
    try:
        self_test(sandbox)
    except SandboxError as error:
        _log.error("this node runs no programs: %s", error)
        return ()
    return (sandbox,)
