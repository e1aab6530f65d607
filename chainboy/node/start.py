"""Makes the node that a configuration file describes."""

from __future__ import annotations

from chainboy.chain.client import connect
from chainboy.chain.signer import KeySigner
from chainboy.content.directory import DirectoryStore
from chainboy.contracts.deployment import Deployment
from chainboy.errors import ConfigError
from chainboy.node.compose import compose_parts
from chainboy.node.config import NodeConfig
from chainboy.node.journal import Probe
from chainboy.node.runner import Node
from chainboy.sandbox.protocol import Sandbox


def node_of(config: NodeConfig, *, sandbox: Sandbox | None = None, probe: Probe | None = None) -> Node:
    """The node, ready to run; raises what :func:`~chainboy.node.compose.compose_parts` raises.

    ``sandbox`` replaces the default one; ``probe`` goes to the journal.
    """
    signer = KeySigner.from_keystore(config.keystore, _password(config))
    parts = compose_parts(
        chain=connect(config.url, config.chain),
        deployment=Deployment.load(config.deployment),
        signer=signer,
        content=DirectoryStore(config.content),
        sandboxes=(sandbox or _default_sandbox(),),
        journal=config.journal,
        workers=config.workers,
        start_block=config.start_block,
        probe=probe,
    )
    return Node(parts, policy=config.policy)


def _password(config: NodeConfig) -> str:
    try:
        return config.password_file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"key.password_file {config.password_file} cannot be read: {error}") from error


def _default_sandbox() -> Sandbox:
    from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads wasmtime

    return WasmSandbox()
