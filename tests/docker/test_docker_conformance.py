"""The sandbox conformance suite on containers of a real engine."""

from __future__ import annotations

import pytest
from engine import DockerEngine

from chainboy.sandbox.epicbox import EpicboxSandbox
from chainboy.testing.sandbox_conformance import SandboxConformance

pytestmark = pytest.mark.xdist_group("docker")


@pytest.fixture(scope="module")
def patient(docker_engine: DockerEngine) -> EpicboxSandbox:
    """One for all: it is made to be shared."""
    return docker_engine.sandbox(wall_clock_limit=60)


@pytest.fixture(scope="module")
def hasty(docker_engine: DockerEngine) -> EpicboxSandbox:
    """The same; a program that would end takes a fifth of this."""
    return docker_engine.sandbox(wall_clock_limit=1.5)


class TestEpicboxSandbox(SandboxConformance):
    """Programs in containers."""

    metered = False

    @pytest.fixture(autouse=True)
    def _runtime(self, docker_engine: DockerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        """An image's name is known when it is built."""
        monkeypatch.setattr(type(self), "runtime", docker_engine.runtime)

    @pytest.fixture
    def sandbox(self, patient: EpicboxSandbox) -> EpicboxSandbox:
        """The sandbox under test."""
        return patient

    @pytest.fixture
    def impatient(self, hasty: EpicboxSandbox) -> EpicboxSandbox:
        """The one for programs that it can only give up."""
        return hasty
