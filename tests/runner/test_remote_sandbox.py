"""What a node makes of a runner that is absent, slow, busy, restarted, or lies."""

from __future__ import annotations

import json
import pickle
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from runner_world import SEVEN, TOKEN, Place

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import ConfigError, ProgramError, RuntimeNotServed, SandboxError, SandboxFault
from chainboy.runner.desk import Desk
from chainboy.sandbox import wire
from chainboy.sandbox.protocol import Job, Run
from chainboy.sandbox.remote import RemoteSandbox
from chainboy.sandbox.runtimes import DEFAULT
from chainboy.sandbox.wasm import WasmSandbox
from chainboy.units import Fuel
from chainboy.web import Handler, Request, Response

IMAGE = "docker:lab/python@sha256:" + "ab" * 32
OTHER = IMAGE.replace("ab", "cd")


@attrs.define
class Scripted:
    """Serves images, so that no golden vector is run; ``work`` makes the run."""

    work: Callable[[Job], Run] = lambda _job: Run(outcome=Outcome(Status.OK, Fuel(0), bytes(31) + b"\x07"))
    images: tuple[str, ...] = (IMAGE,)

    def serves(self, runtime: str) -> bool:
        """By name."""
        return runtime in self.images

    def run(self, job: Job) -> Run:
        """As it was told."""
        return self.work(job)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A token, and nobody there yet."""
    return Place(tmp_path)


def answering(status: int = 200, body: bytes = b"", **fields: Any) -> Callable[[Handler], Handler]:
    """A twist: whoever asks for a run gets this, or the true answer with these fields changed."""

    def twist(handler: Handler) -> Handler:
        def twisted(request: Request) -> Response:
            true = handler(request)
            if request.path != "/run":
                return true
            told = json.dumps(json.loads(true.body) | fields).encode() if fields else body
            return Response(status=status, body=told)

        return twisted

    return twist


def test_all_that_a_job_has_arrives(place: Place) -> None:
    """Bytes, names, and integers of any size; and all of a run comes back."""
    job = Job(
        program=bytes(range(256)),
        input=b"\xff" * 3,
        fuel_limit=Fuel(2**64 - 1),
        files={"a": b"", "b": bytes(100_000)},
        values={"rate": -(2**300), "zero": 0},
    )
    seen: list[Job] = []
    left = Run(outcome=Outcome(Status.RAISED, Fuel(5), b"E"), logs="ä\n\x00\ud800", seconds=1.5, memory=7)

    def work(found: Job) -> Run:
        seen.append(found)
        return left

    with place.runner([Scripted(work)]) as sandbox:
        assert sandbox.run(job) == attrs.evolve(left, logs="ä\n\x00?")
    assert seen == [job]


def test_the_largest_job_fits(place: Place) -> None:
    """A program, its files and its input at their bounds pass; more is refused before it is sent."""
    files = {f"f{index}": bytes(1 << 20) for index in range(16)}
    largest = Job(program=bytes(256 << 10), input=bytes(1 << 20), fuel_limit=Fuel(1), files=files)
    with place.runner([Scripted()]) as sandbox:
        assert sandbox.run(largest).outcome.status is Status.OK
        with pytest.raises(SandboxError, match="more than a runner takes"):
            sandbox.run(attrs.evolve(largest, input=bytes(16 << 20)))


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        (SandboxError("too slow"), SandboxError, "too slow"),
        (RuntimeNotServed("not here"), RuntimeNotServed, "not here"),
        (SandboxFault("broken", "trace"), SandboxFault, "broken"),
        (ZeroDivisionError("oops"), SandboxFault, "ZeroDivisionError"),
        (SandboxError("x" * 9000), SandboxError, "x" * 2000 + "$"),
    ],
)
def test_why_there_is_no_outcome(
    place: Place, raised: Exception, kind: type[Exception], message: str
) -> None:
    """The sandbox's own reason arrives, of its own kind: a node does with it what it would do at home."""

    def work(_job: Job) -> Run:
        raise raised

    with place.runner([Scripted(work)]) as sandbox, pytest.raises(kind, match=message) as caught:
        sandbox.run(SEVEN)
    assert type(caught.value) is kind


LIES: dict[str, Callable[[Handler], Handler]] = {
    "nothing": answering(),
    "no JSON": answering(body=b"{"),
    "nesting": answering(body=b"[" * 100_000),
    "nesting inside": answering(body=b'{"logs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "nesting, mixed": answering(body=b'{"logs":[' * 50_000),
    "quotes without end": answering(body=b'{"' + b'\\"' * 500_000),
    "quotes that end": answering(body=b'{"' * 500_000),
    "another shape": answering(body=b"[]"),
    "a field too many": answering(extra=1),
    "no outcome": answering(outcome=b64encode(b"x").decode()),
    "no base64": answering(outcome="%"),
    "fuel above the limit": answering(
        outcome=b64encode(Outcome(Status.OK, Fuel(10**9 + 1), bytes(32)).encode()).decode()
    ),
    "out of fuel below it": answering(
        outcome=b64encode(Outcome(Status.OUT_OF_FUEL, Fuel(5), b"").encode()).decode()
    ),
    "an aborted run that says something": answering(
        outcome=b64encode(Outcome(Status.ABORTED, Fuel(5), b"x").encode()).decode()
    ),
    "no whole words": answering(outcome=b64encode(Outcome(Status.OK, Fuel(5), b"x").encode()).decode()),
    "a log of numbers": answering(logs=[1]),
    "more seconds than a float": answering(seconds=10**400),
    "more memory than there is": answering(memory=2**70),
    "endless seconds": answering(seconds=float("inf")),
    "too much": answering(logs="x" * (wire.MOST_ANSWER + 1)),
    "an error without a reason": answering(status=422),
    "an error of no kind": answering(status=422, body=b'{"error": "KeyError", "message": "x"}'),
    "a page of a proxy": answering(status=502, body=b"<html>"),
    "a redirect": answering(status=302, body=b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_liar(place: Place, lie: str) -> None:
    """What cannot be is no outcome, and may pass."""
    with place.runner([Scripted()], twist=LIES[lie]) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.run(SEVEN)
    assert type(caught.value) is SandboxError
    assert len(str(caught.value)) < 300


def test_a_runner_that_is_not_the_released_one(place: Place) -> None:
    """It says that it has the runtime, and its answers are others: nothing is served by it."""
    with place.runner([Scripted(images=(DEFAULT,))]) as sandbox:
        with pytest.raises(SandboxError, match="does not run here as released"):
            sandbox.serves(DEFAULT)
        with pytest.raises(SandboxError, match="does not run here as released"):
            sandbox.run(SEVEN)


def test_a_runner_that_speaks_otherwise(place: Place) -> None:
    """Another protocol is told as that."""

    def other(_request: Request) -> Response:
        said = {"protocol": 2, "instance": "a", "version": "9.1", "runtimes": []}
        return Response(body=json.dumps(said).encode())

    with (
        place.serve(other),
        pytest.raises(SandboxError, match=r"9\.1.*protocol 2.*install the same release"),
    ):
        place.sandbox().serves(IMAGE)


def test_nobody_there(place: Place) -> None:
    """Nobody can tell what it serves until it was there once; then it is as last known."""
    sandbox = place.sandbox()
    with pytest.raises(SandboxError, match="gave no answer"):
        sandbox.serves(IMAGE)
    with place.serve(Desk([Scripted()], token=TOKEN, workers=1).handle):
        assert sandbox.serves(IMAGE)
    assert sandbox.serves(IMAGE)
    assert not sandbox.serves(OTHER)
    with pytest.raises(SandboxError, match="gave no answer"):
        sandbox.run(SEVEN)


def test_a_restarted_runner_is_tested_again(place: Place) -> None:
    """A job goes to the runner that was asked about itself, or to the next once that has shown itself."""
    sandbox = place.sandbox()
    with place.serve(Desk([WasmSandbox()], token=TOKEN, workers=1).handle):
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7
    with (
        place.serve(Desk([Scripted(images=(DEFAULT,))], token=TOKEN, workers=1).handle),
        pytest.raises(SandboxError, match="does not run here as released"),
    ):
        sandbox.run(SEVEN)
    with place.serve(Desk([WasmSandbox()], token=TOKEN, workers=1).handle):
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7


def test_a_busy_runner(place: Place) -> None:
    """Beyond its workers a job is refused at once, and taken when one is free again."""
    begun, go_on = threading.Event(), threading.Event()

    def work(_job: Job) -> Run:
        begun.set()
        assert go_on.wait(30)
        return Scripted().run(SEVEN)

    with place.runner([Scripted(work)], workers=1) as sandbox:
        first = threading.Thread(target=sandbox.run, args=(SEVEN,))
        first.start()
        assert begun.wait(30)
        with pytest.raises(SandboxError, match="busy"):
            sandbox.run(SEVEN)
        go_on.set()
        first.join()
        assert sandbox.run(SEVEN).outcome.payload[-1] == 7


def test_a_runner_that_never_answers(place: Place) -> None:
    """A connection that is taken and left alone ends with the limit."""
    with place.runner([Scripted()]):
        sandbox = place.sandbox(wall_clock_limit=0.3)
        assert sandbox.serves(IMAGE)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place.socket))
        door.listen()
        start = time.monotonic()
        with pytest.raises(SandboxError, match="gave no answer"):
            sandbox.run(SEVEN)
        assert time.monotonic() - start < 5


@pytest.mark.parametrize("whole", [True, False])
def test_a_runner_that_drips(place: Place, whole: bool) -> None:
    """A byte now and then does not keep a node beyond its limit; nor does an answer that breaks off."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with place.runner([Scripted()]):
        sandbox = place.sandbox(wall_clock_limit=0.5)
        assert sandbox.serves(IMAGE)

    def drip(door: socket.socket) -> None:
        door.accept()[0].close()  # somebody looks whether the door opens
        with door.accept()[0] as line:
            line.recv(65536)
            line.sendall(head)
            for _ in range(20 if whole else 1):
                time.sleep(0.1)
                try:
                    line.sendall(b" ")
                except OSError:
                    return

    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(place.socket))
        door.listen()
        dripping = threading.Thread(target=drip, args=(door,))
        dripping.start()
        with pytest.raises(SandboxError, match="too long" if whole else "gave no answer"):
            sandbox.run(SEVEN)
        dripping.join()


def test_a_wrong_token(place: Place) -> None:
    """Nobody without it learns or runs anything."""
    with place.runner([Scripted()]) as sandbox:
        place.token_file.write_text("another secret of 32 characters, at least")
        with pytest.raises(SandboxError, match="refuses the token"):
            sandbox.serves(IMAGE)
    place.token_file.write_text("short")
    with pytest.raises(ConfigError, match="32 or more"):
        sandbox.serves(IMAGE)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/about", 404), ("GET", "/run", 404), ("POST", "/run", 400)],
)
def test_nothing_else_is_there(method: str, path: str, status: int) -> None:
    """Two requests are answered, and only whole ones."""
    desk = Desk([Scripted()], token=TOKEN, workers=1)
    shown = {"authorization": f"Bearer {TOKEN}"}
    assert desk.handle(Request(method=method, path=path, headers=shown, body=b"{}")).status == status
    assert desk.handle(Request(method=method, path=path, body=b"{}")).status == 401


def test_several_sandboxes(place: Place) -> None:
    """A program's own runtime says in which it runs."""
    text = '# /// chainboy\n# runtime = "{}"\n# outputs = ["uint8"]\n# ///\ndef main(): return 7'
    second = Scripted(images=(OTHER,))
    with place.runner([Scripted(images=(IMAGE,)), second]) as sandbox:
        assert sandbox.images == (IMAGE, OTHER)
        second.work = lambda _job: Run(outcome=Outcome(Status.RAISED, Fuel(0), b"Second"))
        job = attrs.evolve(SEVEN, program=text.format(OTHER).encode())
        assert sandbox.run(job).outcome.payload == b"Second"
        with pytest.raises(RuntimeNotServed):
            sandbox.run(attrs.evolve(SEVEN, program=text.format(OTHER.replace("cd", "ef")).encode()))
        with pytest.raises((ProgramError, SandboxFault)):
            sandbox.run(attrs.evolve(SEVEN, program=b"def main(): return 1"))


def test_it_travels(place: Place) -> None:
    """To other processes goes its configuration alone."""
    with place.runner([Scripted()]) as sandbox:
        assert sandbox.serves(IMAGE)
        other = pickle.loads(pickle.dumps(sandbox))  # noqa: S301 - our own
        assert isinstance(other, RemoteSandbox)
        assert other.run(SEVEN).outcome.payload[-1] == 7
    assert TOKEN not in repr(vars(other))
