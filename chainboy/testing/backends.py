"""Chains that tests and demos run on, with a clock that the caller turns."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from chainboy.errors import ChainError, ConfigError
from chainboy.testing.embedded_logs import LogIndex
from chainboy.testing.embedded_memo import BlockMemo
from chainboy.testing.ports import free_port
from chainboy.units import Timestamp, Wei

if TYPE_CHECKING:
    from web3 import Web3

FAUCET_KEY = bytes(31) + b"\x01"
"""The key that owns all coins of a test chain; worthless anywhere else."""

FAUCET_BALANCE = Wei(10**30)
BLOCK_GAS_LIMIT = 30_000_000

_PATIENCE = 30.0


class Backend(Protocol):
    """A chain of one's own: its RPC, and the hand on its clock."""

    @property
    def web3(self) -> Web3:
        """The connection; its chain id is the chain's."""
        ...

    def mine(self, blocks: int = 1, *, seconds: int = 1) -> None:
        """Mine ``blocks`` blocks, each ``seconds`` after the one before."""
        ...

    def travel(self, timestamp: Timestamp) -> None:
        """Mine one block at ``timestamp``, which must be later than the head's."""
        ...

    def close(self) -> None:
        """End the chain; its state is gone."""
        ...


class EmbeddedChain:
    """py-evm inside this process: each transaction is a block, one second after the last.

    ``chain_id`` tells chains of one process apart; the default is eth-tester's own.
    """

    def __init__(self, *, chain_id: int | None = None) -> None:
        from eth_account import Account  # noqa: PLC0415 - heavy, loaded when a chain is made
        from eth_tester import EthereumTester, PyEVMBackend  # noqa: PLC0415
        from eth_utils.address import to_canonical_address  # noqa: PLC0415
        from web3 import EthereumTesterProvider, Web3  # noqa: PLC0415
        from web3.providers.eth_tester.defaults import API_ENDPOINTS  # noqa: PLC0415

        faucet = to_canonical_address(Account.from_key(FAUCET_KEY).address)
        genesis = {"balance": FAUCET_BALANCE, "nonce": 0, "code": b"", "storage": {}}
        parameters = PyEVMBackend.generate_genesis_params(overrides={"gas_limit": BLOCK_GAS_LIMIT})
        backend = PyEVMBackend(genesis_parameters=parameters, genesis_state={faucet: genesis})
        plain = API_ENDPOINTS["eth"]
        methods = {
            **plain,
            "getLogs": LogIndex(backend, plain["getLogs"]),
            "call": BlockMemo(backend, plain["call"], place=1, latest=False),
            "getBlockByNumber": BlockMemo(backend, plain["getBlockByNumber"], place=0, latest=True),
        }
        if chain_id is not None:
            backend.chain.chain_id = chain_id  # what transactions are signed for, and what the endpoint tells
            methods["chainId"] = lambda *_: chain_id
        self._tester = EthereumTester(backend=backend)
        self.web3 = Web3(
            EthereumTesterProvider(self._tester, api_endpoints={**API_ENDPOINTS, "eth": methods})
        )

    def mine(self, blocks: int = 1, *, seconds: int = 1) -> None:
        """Mine ``blocks`` blocks, each ``seconds`` after the one before."""
        for _ in range(blocks):
            if seconds > 1:
                self.travel(Timestamp(self._now() + seconds))
            else:
                self._tester.mine_block()

    def travel(self, timestamp: Timestamp) -> None:
        """Mine one block at ``timestamp``."""
        self._tester.time_travel(timestamp)
        self._tester.mine_block()

    def close(self) -> None:
        """Nothing outlives the object."""

    def _now(self) -> int:
        return int(self._tester.get_block_by_number("latest")["timestamp"])


class AnvilChain:
    """anvil in a process of its own, on a free loopback port, a block a transaction."""

    def __init__(
        self, *, hardfork: str = "london", chain_id: int = 31_337, executable: str | None = None
    ) -> None:
        from eth_account import Account  # noqa: PLC0415 - heavy, loaded when a chain is made
        from web3 import Web3  # noqa: PLC0415

        from chainboy.chain.http import HttpEndpoint  # noqa: PLC0415

        port = free_port()
        command = [executable or find_anvil(), "--silent", "--accounts", "0", "--port", str(port)]
        command += ["--hardfork", hardfork, "--chain-id", str(chain_id), "--gas-limit", str(BLOCK_GAS_LIMIT)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words
        self.url = f"http://127.0.0.1:{port}"
        self.web3 = Web3(HttpEndpoint(self.url, timeout=_PATIENCE))
        self._wait_until_up()
        self._rpc("anvil_setBalance", [Account.from_key(FAUCET_KEY).address, hex(FAUCET_BALANCE)])

    def mine(self, blocks: int = 1, *, seconds: int = 1) -> None:
        """Mine ``blocks`` blocks, each ``seconds`` after the one before."""
        self._rpc("anvil_mine", [hex(blocks), hex(seconds)])

    def travel(self, timestamp: Timestamp) -> None:
        """Mine one block at ``timestamp``."""
        self._rpc("evm_setNextBlockTimestamp", [int(timestamp)])
        self._rpc("evm_mine", [])

    def beat(self, seconds: int) -> None:
        """From now on mine a block every so many seconds, and not one a transaction."""
        self._rpc("evm_setAutomine", [False])
        self._rpc("evm_setIntervalMining", [seconds])

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_until_up(self, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not self.web3.is_connected():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise ChainError("anvil did not start; run it by hand to see why")
            time.sleep(0.05)

    def _rpc(self, method: str, params: list[Any]) -> Any:
        answer = self.web3.provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise ChainError(f"anvil refused {method}: {answer['error']}")
        return answer.get("result")


def find_anvil() -> str:
    """The anvil executable: on the path, or where npm put it in this folder, in ``contracts/`` or above.

    Raises :class:`~chainboy.errors.ConfigError` where there is none.
    """
    here = Path.cwd()
    pattern = "node_modules/@foundry-rs/anvil-*/bin/anvil"
    folders = [place for folder in (here, *here.parents) for place in (folder, folder / "contracts")]
    installed = (str(path) for folder in folders for path in sorted(folder.glob(pattern)))
    found = shutil.which("anvil") or next(installed, None)
    if found is None:
        raise ConfigError("there is no anvil here; run `npm install @foundry-rs/anvil` or put it on the path")
    return found
