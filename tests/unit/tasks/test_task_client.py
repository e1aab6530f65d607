"""Asking: what goes to the gateway, what is refused before, and how tasks are found again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from eth_abi import encode
from fake_network import (
    CONSUMER,
    DEPLOYMENT,
    ME,
    PROFILE,
    SOURCE,
    FakeNetwork,
    FakeSandbox,
    FakeSender,
    params_of,
)

from chainboy import program as as_program
from chainboy.abi import uint256
from chainboy.chain.call import Call
from chainboy.consensus.outcome import Status
from chainboy.consensus.params import Mode
from chainboy.content import MemoryStore
from chainboy.errors import (
    ChainError,
    ConfigError,
    ContentNotFound,
    ContractRefused,
    EncodingError,
    InputError,
    ProgramError,
    RuntimeNotServed,
    SourceUnavailable,
    TaskFailed,
    TaskNotFound,
)
from chainboy.programs import Cid, Metadata, Program
from chainboy.sources import Reading
from chainboy.tasks import Ask, TaskClient


@as_program(files={"rates": b"1.25", "known": Cid.of(b"elsewhere")})
def decorated(n: uint256) -> uint256:
    """A program with data, only some of which it brings."""
    return n


def test_what_is_asked(
    client: TaskClient, network: FakeNetwork, program: Program, content: MemoryStore
) -> None:
    """The request names the program's hash, carries the encoded arguments, and is paid price and tip."""
    task = client.submit(program, n=5, price=1_000, tip=10, callback_gas=99)
    request = task.request
    assert (request.requester, request.gateway, request.chain_id) == (ME, DEPLOYMENT.gateway, 1337)
    assert request.program == Cid.of(SOURCE).digest
    assert task.input == encode(["uint256"], [5])
    assert (request.price, request.tip, request.callback_gas) == (1_000, 10, 99)
    assert content.get(program.cid) == SOURCE
    assert network.receipts


def test_defaults(client: TaskClient, network: FakeNetwork, program: Program) -> None:
    """A minute to commit, time for two rounds and an hour, a quarter more fuel than the run here used."""
    now = network.time
    params = params_of(client.submit(program, 5, price=1))
    gateway = PROFILE.gateway
    assert (params.mode, params.tolerance, params.commit_window) == (Mode.EXACT, 0, 60)
    assert params.fuel_limit == 1_251
    assert params.expires_at == now + 2 * (60 + gateway.reveal_window + gateway.settle_time) + 3_600


def test_chosen_terms(
    client: TaskClient, network: FakeNetwork, program: Program, sandbox: FakeSandbox
) -> None:
    """What the caller gives is taken as it is, and nothing is run for it."""
    now = network.time
    task = client.submit(
        program, 5, price=1, mode="median", tolerance_bps=50, fuel_limit=4, commit_window=7, lifetime=200
    )
    params = params_of(task)
    assert (params.mode, params.tolerance, params.fuel_limit) == (Mode.MEDIAN, 50, 4)
    assert (params.commit_window, params.expires_at) == (7, now + 200)
    assert sandbox.jobs == []


def test_forms_of_a_program(
    client: TaskClient, program: Program, content: MemoryStore, tmp_path: Path
) -> None:
    """A program, its file, its CID and the CID's text ask for the same."""
    path = tmp_path / "program.py"
    path.write_bytes(SOURCE)
    content.put(SOURCE)
    forms: list[Any] = [program, path, str(path), program.cid, str(program.cid)]
    assert {client.submit(form, 5, price=1).request.program for form in forms} == {program.cid.digest}


def test_a_decorated_function_brings_its_files(
    client: TaskClient, content: MemoryStore, sandbox: FakeSandbox
) -> None:
    """Its data is put into the store, and found there or elsewhere when it is tried."""
    content.put(b"elsewhere")
    client.submit(decorated, 5, price=1)
    assert content.get(Cid.of(b"1.25")) == b"1.25"
    assert sandbox.jobs[0].files == {"rates": b"1.25", "known": b"elsewhere"}


def test_a_file_nobody_has(client: TaskClient) -> None:
    """A data file that is not in the store shows before anything is paid."""
    with pytest.raises(ContentNotFound):
        client.submit(decorated, 5, price=1)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "n is missing"),
        ((2**256,), {}, "does not fit"),
        ((5,), {"mode": "best"}, "no mode; choose among exact, median, random"),
        ((5,), {"mode": "random"}, r"ask with random\(\)"),
        ((5,), {"price": -1}, "price is -1"),
        ((5,), {"price": 0.5}, "price is 0.5"),
        ((5,), {"lifetime": "1h"}, "lifetime is '1h'"),
    ],
)
def test_bad_requests(  # noqa: PLR0917 - fixtures
    client: TaskClient, sender: FakeSender, program: Program, args: Any, kwargs: Any, message: str
) -> None:
    """Wrong arguments and terms are told before anything is sent."""
    with pytest.raises(InputError, match=message):
        client.submit(program, *args, **({"price": 1} | kwargs))
    assert sender.sent == []


def test_bad_programs(client: TaskClient, tmp_path: Path) -> None:
    """No file, no metadata, unknown content, and things that are no program at all."""
    (tmp_path / "plain.py").write_text("print(1)")
    with pytest.raises(ProgramError, match="cannot be read"):
        client.submit(tmp_path / "none.py", price=1)
    with pytest.raises(ProgramError, match="exactly one line"):
        client.submit(tmp_path / "plain.py", price=1)
    with pytest.raises(ContentNotFound):
        client.submit(Cid.of(b"?"), price=1)
    with pytest.raises(EncodingError, match="59 characters"):
        client.submit("bafkreinot", price=1)
    with pytest.raises(InputError, match="no program"):
        client.submit(len, price=1)  # type: ignore[arg-type]


def test_a_program_that_never_ends(make: Callable[..., TaskClient], program: Program) -> None:
    """Without a limit it is refused; with one it is asked for, for that is a result, too."""
    client = make(sandbox=FakeSandbox(b"", needs=10**12))
    with pytest.raises(InputError, match="give fuel_limit"):
        client.submit(program, 5, price=1)
    assert params_of(client.submit(program, 5, price=1, fuel_limit=9)).fuel_limit == 9


def test_fuel_never_exceeds_the_networks(make: Callable[..., TaskClient], program: Program) -> None:
    """The quarter more is cut at what the network allows."""
    most = PROFILE.gateway.bounds.max_fuel
    task = make(sandbox=FakeSandbox(b"", needs=most - 1)).submit(program, 5, price=1)
    assert params_of(task).fuel_limit == most


def test_random(client: TaskClient, sandbox: FakeSandbox) -> None:
    """A random number has no program, no input, no fuel."""
    task = client.random(price=3, tip=1)
    assert (task.request.program, task.input) == (bytes(32), b"")
    assert (task.params.mode, task.params.fuel_limit) == (Mode.RANDOM, 0)
    assert sandbox.jobs == []


def test_through_a_consumer(
    client: TaskClient, network: FakeNetwork, sender: FakeSender, program: Program
) -> None:
    """The consumer's call carries all there is to ask; its request is the task."""
    asked: list[Ask] = []

    def via(ask: Ask) -> Call:
        asked.append(ask)
        return Call(to=CONSUMER, data=b"ask!", value=ask.value)

    def consumer(call: Call, tx_hash: Any) -> Any:
        network.requester = CONSUMER
        made = network._request(  # what the contract would do
            asked[0].program, asked[0].input, asked[0].params, asked[0].callback_gas, asked[0].tip, call.value
        )
        return network._mined(tx_hash, made)

    network.execute = consumer  # type: ignore[method-assign]
    task = client.submit(program, 5, price=100, tip=7, callback_gas=9, via=via)
    assert sender.sent[0].value == 107
    assert task.request.requester == CONSUMER
    assert (task.request.price, task.request.tip, task.request.callback_gas) == (100, 7, 9)
    assert [each.id for each in client.tasks(CONSUMER)] == [task.id]
    assert client.tasks() == []


def test_a_consumer_of_another_gateway(client: TaskClient, program: Program) -> None:
    """A call that asks for nothing here is an error, not a task."""
    with pytest.raises(ContractRefused, match="asked for no task of gateway"):
        client.submit(program, 5, price=1, via=lambda ask: Call(to=CONSUMER, data=ask.input))


def test_dry_run_and_estimate(client: TaskClient, sender: FakeSender, program: Program) -> None:
    """Both run here and send nothing."""
    tried = client.dry_run(program, 5)
    assert (tried.ok, tried.value, tried.fuel, tried.logs) == (True, 7, 1_000, "hello")
    estimate = client.estimate(program, n=5)
    assert (estimate.fuel, estimate.seconds, estimate.status) == (1_000, 0.5, Status.OK)
    assert estimate.least_price == PROFILE.gateway.min_price
    with pytest.raises(TaskFailed, match="out of fuel"):
        _ = client.dry_run(program, 5, fuel_limit=10).value
    assert sender.sent == []


def test_what_cannot_be_tried(client: TaskClient) -> None:
    """Another runtime, and sources that only nodes fetch."""
    other = Program(SOURCE.replace(b"cpython-wasm:1", b"docker:x"))
    with pytest.raises(RuntimeNotServed, match="docker:x"):
        client.dry_run(other, 5)
    source = b'# outputs = ["uint256"]\n# [sources.spot]\n# url = "https://x"\n# pick = "$"\n'
    with pytest.raises(InputError, match="give fuel_limit"):
        client.submit(Program(SOURCE.replace(b'# outputs = ["uint256"]\n', source)), 5, price=1)


class Reader:
    """Reads three, or nothing."""

    def __init__(self, *failures: str) -> None:
        self.failures = failures

    def read(self, metadata: Metadata, data: bytes) -> Reading:
        """The one source that the program below declares."""
        assert list(metadata.sources) == ["spot"]
        assert data == encode(["uint256"], [5])
        return Reading(values={} if self.failures else {"spot": 3}, failures=self.failures)


def test_sources_are_read_for_a_trial(make: Callable[..., TaskClient], sandbox: FakeSandbox) -> None:
    """A client with a reader tries what it asks for, with what the sources say now."""
    program = Program(
        SOURCE.replace(b"# ///\n", b'# [sources.spot]\n# url = "https://x"\n# pick = "$"\n# ///\n')
    )
    assert make(sources=Reader()).dry_run(program, 5).ok
    assert sandbox.jobs[-1].values == {"spot": 3}
    with pytest.raises(SourceUnavailable, match="it is down"):
        make(sources=Reader("it is down")).submit(program, 5, price=1)
    with pytest.raises(InputError, match="sources=WebSources"):
        make().dry_run(program, 5)


def test_a_task_by_its_id_alone(
    make: Callable[..., TaskClient], network: FakeNetwork, program: Program
) -> None:
    """A new client without a key finds the request far back, whatever range the endpoint allows."""
    task = make().submit(program, 5, price=1)
    network.mine(100_000)
    network.most_blocks = 5_000
    found = make(signer=None).task(task.id)
    assert (found.request, found.input, found.params) == (task.request, task.input, task.params)
    assert make().task("0x" + task.id.hex()).id == task.id
    assert repr(found) == f"<task 0x{task.id.hex()}>"


def test_unknown_tasks(client: TaskClient) -> None:
    """An id nobody asked for, and things that are no id."""
    with pytest.raises(TaskNotFound, match="has no task 0x01"):
        client.task(b"\1" * 32)
    with pytest.raises(EncodingError, match="32 bytes"):
        client.task("0x12")
    with pytest.raises(EncodingError, match="no task id"):
        client.task("task")


def test_a_request_the_endpoint_does_not_show(
    client: TaskClient, network: FakeNetwork, program: Program
) -> None:
    """The gateway knows the task but its log is missing: the endpoint's fault, not the caller's."""
    task = client.submit(program, 5, price=1)
    with pytest.raises(ChainError, match="from an earlier block"):
        client.task(task.id, since=network.number + 1)


def test_the_default_sandbox(
    make: Callable[..., TaskClient], monkeypatch: pytest.MonkeyPatch, sandbox: FakeSandbox, program: Program
) -> None:
    """Without one the runtime that nodes use is loaded, once, when first needed."""
    made: list[FakeSandbox] = []
    fake = ModuleType("chainboy.sandbox.wasm")
    fake.WasmSandbox = lambda: made.append(sandbox) or sandbox  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chainboy.sandbox.wasm", fake)
    client = make(sandbox=None)
    assert made == []
    assert [client.dry_run(program, 5).value, client.dry_run(program, 6).value] == [7, 7]
    assert made == [sandbox]


def test_a_list_of_tasks(client: TaskClient, program: Program) -> None:
    """Newest first, as many as asked for."""
    made = [client.submit(program, n, price=1).id for n in range(4)]
    assert [task.id for task in client.tasks()] == made[::-1]
    assert [task.id for task in client.tasks(limit=2)] == made[:1:-1]


def test_credit(client: TaskClient, sender: FakeSender) -> None:
    """What the gateway owes can be seen and taken out."""
    assert client.credit() == 77
    client.withdraw()
    assert sender.sent[-1].data.endswith(bytes.fromhex(ME[2:]))


def test_a_reader_cannot_send(make: Callable[..., TaskClient], program: Program) -> None:
    """Without a signer asking is a ConfigError, and nothing is put into the store."""
    content = MemoryStore()
    with pytest.raises(ConfigError, match="give it a signer"):
        make(signer=None, content=content).submit(program, 5, price=1)
    assert not content.has(program.cid)
