"""The corpus of programs in containers: the same status and payload as in WebAssembly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from corpus.case import Case, job_of
from corpus.cases import CASES
from engine import DockerEngine

from chainboy.sandbox.wasm import WasmSandbox

pytestmark = pytest.mark.xdist_group("docker")

ONE_EACH: dict[str, Case] = {each.program: each for each in reversed(CASES.values())}
"""The first case of every program: a container takes a while."""


def test_same_outcomes(docker_engine: DockerEngine) -> None:
    """What Debian's Python answers is what the artifact's does, to the bit."""
    jobs = {name: job_of(each) for name, each in ONE_EACH.items()}
    box, wasm = docker_engine.sandbox(wall_clock_limit=60), WasmSandbox()
    with ThreadPoolExecutor(2) as pool:
        boxed = dict(zip(jobs, pool.map(box.run, jobs.values()), strict=True))
    found = {name: (run.outcome.status, run.outcome.payload) for name, run in boxed.items()}
    wanted = {name: wasm.run(job).outcome for name, job in jobs.items()}
    assert found == {name: (outcome.status, outcome.payload) for name, outcome in wanted.items()}
