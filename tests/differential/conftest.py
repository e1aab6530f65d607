"""The library harness, deployed once."""

from __future__ import annotations

from pathlib import Path

import pytest
from bare_evm.contracts import Contract, artifact
from bare_evm.evm import Evm


@pytest.fixture(scope="session")
def evm() -> Evm:
    """An EVM that tests may leave things in."""
    return Evm()


@pytest.fixture(scope="session")
def harness(evm: Evm) -> Contract:
    """The libraries' functions, opened one by one."""
    return Contract.deploy(evm, artifact("LibraryHarness", Path(__file__).parent / "artifacts"))
