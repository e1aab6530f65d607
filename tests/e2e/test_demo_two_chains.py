"""The demo with two chains, run once as a newcomer runs it: what its JSON says, and that its proof holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chainboy.chain.signer import recover
from chainboy.consensus.proof import TaskProof

pytestmark = pytest.mark.chain

COMMAND = Path(sys.executable).with_name("chainboy")


def test_two_chains(tmp_path: Path) -> None:
    """Carried, restaked, forged and stale: each as it should be, and the proof says so offline."""
    done = subprocess.run(
        [COMMAND, "demo", "--chains", "2", "--json", "--directory", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["agreeing_weight"], report["total_weight"]) == ("1000", "1000")
    assert (report["stake_before"], report["stake_after"]) == ("1000", "1200")
    assert [each["error"] for each in report["refusals"]] == ["NotEnoughWeight", "NumberNotNewer"]
    assert report["slashed"] == "75"
    assert {"seal", "attest", "slashForgery"} <= set(report["gas"]["home"])
    assert {"request", "submit", "deliver", "claim"} <= set(report["gas"]["remote"])
    proof = TaskProof.from_json(Path(report["proof"]).read_bytes())
    assert proof.passage is not None
    assert proof.request.chain_id == report["chain_id"] != proof.home_chain_id
    genesis = proof.passage.genesis.stake_hash
    proof.verify(recover=recover, expected_genesis=genesis)
    command = [COMMAND, "verify", report["proof"], "--genesis", f"0x{genesis.hex()}"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"carried to chain {report['chain_id']} by checkpoint {report['checkpoint']}" in told.stdout
    other = subprocess.run([*command[:-1], "0x" + "11" * 32], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert "passage.genesis" in other.stderr
