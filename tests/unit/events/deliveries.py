"""What providers post, in the shapes that they document, signed as they sign."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from Crypto.Hash import keccak

SECRET = "whsec_0123456789abcdef"  # noqa: S105 - a test's
NOW = 1_700_000_000.0
TX = "0x" + "ab" * 32
OTHER = "0x" + "cd" * 32

LOG = {
    "address": "0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
    "topics": ["0x" + "70" * 32],
    "data": "0x",
    "blockNumber": "0x112a880",
    "blockHash": "0x" + "11" * 32,
    "transactionIndex": "0x4",
    "logIndex": "0x2",
    "removed": False,
}


def hexed(body: bytes) -> str:
    """HMAC-SHA256 under the secret."""
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def alchemy(*hashes: str, nonce: str = "whevt_1", **extra: Any) -> tuple[bytes, dict[str, str]]:
    """A custom webhook of Alchemy Notify."""
    logs = [
        {
            "data": "0x",
            "topics": LOG["topics"],
            "index": index,
            "account": {"address": LOG["address"]},
            "transaction": {"hash": tx, "index": 4, "status": 1},
        }
        for index, tx in enumerate(hashes)
    ]
    said = {
        "webhookId": "wh_k63lg72rxda78gce",
        "id": nonce,
        "createdAt": "2023-11-14T22:13:20.000Z",
        "type": "GRAPHQL",
        "event": {
            "data": {"block": {"hash": LOG["blockHash"], "number": 18_000_000, "logs": logs}},
            "sequenceNumber": "10000000000578619000",
            "network": "ETH_MAINNET",
        },
        **extra,
    }
    body = json.dumps(said).encode()
    return body, {"x-alchemy-signature": hexed(body), "content-type": "application/json"}


def quicknode(
    *blocks: list[str],
    nonce: str = "n-1",
    sent: float = NOW,
    zipped: bool = True,
    plain: bytes | None = None,
    bare: bool = False,
) -> tuple[bytes, dict[str, str]]:
    """A batch of QuickNode Streams, a list of hashes for each block."""
    data = [[{**LOG, "transactionHash": tx} for tx in block] for block in blocks]
    metadata = {"network": "ethereum-mainnet", "stream_id": "s", "batch_start_range": 18_000_000}
    said: Any = data if bare else {"data": data, "metadata": metadata}
    body = json.dumps(said).encode() if plain is None else plain
    stamp = str(int(sent))
    headers = {
        "x-qn-nonce": nonce,
        "x-qn-timestamp": stamp,
        "x-qn-signature": hexed(nonce.encode() + stamp.encode() + body),
    }
    if zipped:
        return gzip.compress(body), {**headers, "content-encoding": "gzip"}
    return body, headers


def moralis(*hashes: str, confirmed: bool = False, chain_id: str = "0x7a69") -> tuple[bytes, dict[str, str]]:
    """A post of Moralis Streams; without hashes and chain its mandatory test."""
    logs = [
        {
            "logIndex": str(index),
            "transactionHash": tx,
            "address": LOG["address"],
            "data": "0x",
            "topic0": LOG["topics"][0],  # type: ignore[index]
            "topic1": None,
            "topic2": None,
            "topic3": None,
            "triggered_by": [LOG["address"]],
        }
        for index, tx in enumerate(hashes)
    ]
    said = {
        "confirmed": confirmed,
        "chainId": chain_id,
        "abi": [],
        "streamId": "c28d9e2e",
        "tag": "",
        "retries": 0,
        "block": {"number": "18000000", "hash": LOG["blockHash"], "timestamp": "1700000000"},
        "logs": logs,
        "txs": [],
        "txsInternal": [],
        "erc20Transfers": [],
        "erc20Approvals": [],
        "nftTransfers": [],
        "nftApprovals": {"ERC721": [], "ERC1155": []},
        "nativeBalances": [],
    }
    body = json.dumps(said).encode()
    digest = keccak.new(data=body + SECRET.encode(), digest_bits=256).hexdigest()
    return body, {"x-signature": "0x" + digest}


def tenderly(
    tx: str = TX,
    *,
    nonce: str = "d9f2-1",
    date: str = "Tue, 14 Nov 2023 22:13:20 GMT",
    network: str = "31337",
    kind: str = "ALERT",
) -> tuple[bytes, dict[str, str]]:
    """An alert of Tenderly."""
    said = {
        "id": nonce,
        "event_type": kind,
        "transaction": {
            "network": network,
            "block_hash": LOG["blockHash"],
            "block_number": 18_000_000,
            "hash": tx,
            "from": LOG["address"],
            "to": LOG["address"],
            "status": True,
            "logs": [{"address": LOG["address"], "topics": LOG["topics"], "data": ""}],
        },
    }
    body = json.dumps(said).encode()
    return body, {"x-tenderly-signature": hexed(body + date.encode()), "date": date}


def ipn(tx: str = TX) -> tuple[bytes, dict[str, str]]:
    """A notification of ipn.tools."""
    info = {"project": "mine", "rule": "requests", "type": "log", "amount": "0", "date": "2023-11-14 22:13"}
    said: Mapping[str, Any] = {"hash": tx, "network": "siberium", "info": info, "logs": []}
    return json.dumps(said).encode(), {"content-type": "application/json"}
