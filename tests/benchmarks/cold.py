"""Cold start of a function: a new process, from its start to the end of its first call, against anvil.

    python tests/benchmarks/cold.py

Each part is told as the median of several processes, with the runtime's compiled code at hand and without.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from computing import TRIVIAL

from chainboy.consensus.params import Mode
from chainboy.content.directory import DirectoryStore
from chainboy.testing.backends import AnvilChain
from chainboy.testing.node_stage import NodeStage

ROUNDS = 5

CHILD = """
import sys, time
def mark(name, wall=[float(sys.argv[1])], cpu=[0.0]):
    now = time.time(), time.process_time()
    spent[name] = [now[0] - wall[0], now[1] - cpu[0]]
    wall[0], cpu[0] = now
spent = {}
mark("interpreter")
from chainboy.serverless import Function, Tick
mark("imports")
function = Function.load(sys.argv[2])
mark("configuration")
first = function.handle(Tick())
mark("first call")
second = function.handle(Tick())
mark("warm call")
import json, resource
said = [json.loads(each.body) for each in (first, second)]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"spent": spent, "said": said, "memory": memory}))
"""

CONFIG = """
[chain]
url = "{url}"
chain_id = {chain_id}
confirmations = 0
block_seconds = 1
[contracts]
deployment = "deployment.json"
[key]
secret_file = "key"
[node]
content = "content"
journal = "unused"
start_block = {start}
[sandboxes.wasm]
cache = "runtime"
[policy]
delivery = "always"
finalize_backoff = 0
[serverless]
deadline = 900
[serverless.store.directory]
path = "results"
"""


def main() -> None:
    """Print the figures."""
    backend = AnvilChain()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _measure(backend, Path(folder))
    finally:
        backend.close()


def _measure(backend: AnvilChain, folder: Path) -> None:
    stage = NodeStage([100], backend=backend)
    stage.content = DirectoryStore(folder / "content")
    stage.deployment.save(folder / "deployment.json")
    (folder / "key").write_text(hashlib.sha256(b"node 0").hexdigest())  # the stage's first
    _tell("without compiled code, a task", [_run(stage, folder, ask=True)])
    _tell("with it, nothing to do", [_run(stage, folder) for _ in range(ROUNDS)])
    _tell("with it, a task", [_run(stage, folder, ask=True) for _ in range(ROUNDS)])


def _run(stage: NodeStage, folder: Path, *, ask: bool = False) -> dict[str, Any]:
    shutil.rmtree(folder / "results", ignore_errors=True)
    figures = {"url": stage.backend.url, "chain_id": stage.chain.chain_id}  # type: ignore[attr-defined]
    (folder / "node.toml").write_text(CONFIG.format(start=stage.chain.head().number, **figures))
    if ask:
        stage.ask(bytes(31) + b"\7", mode=Mode.EXACT, source=TRIVIAL, fuel=10**9)
    command = [sys.executable, "-c", CHILD, str(time.time()), str(folder / "node.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    said = found["said"]
    if any(each["ending"] != "quiet" for each in said) or bool(said[0]["sent"]) != ask:
        sys.exit(f"a call did not do its work: {said}")
    return found


def _tell(what: str, runs: list[dict[str, Any]]) -> None:
    print(f"{what}, {statistics.median(run['memory'] for run in runs):.0f} MiB; seconds, of the processor:")
    for name in runs[0]["spent"]:
        wall, cpu = (statistics.median(run["spent"][name][index] for run in runs) for index in (0, 1))
        print(f"  {name:14} {wall:6.2f} {cpu:6.2f}")


if __name__ == "__main__":
    main()
