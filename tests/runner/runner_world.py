"""A runner of the tests' own at a Unix socket, with WebAssembly or whatever is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chainboy.runner.desk import Desk
from chainboy.sandbox.protocol import Job, Sandbox
from chainboy.sandbox.remote import RemoteSandbox
from chainboy.sandbox.wire import MOST_JOB
from chainboy.units import Fuel
from chainboy.web import Handler, Server

TOKEN = "an open secret, of 32 characters" * 2

SEVEN = Job(
    program=b'# /// chainboy\n# outputs = ["uint8"]\n# ///\ndef main(): return 7\n',
    input=b"",
    fuel_limit=Fuel(10**9),
)


class Place:
    """A folder with the token, and the socket beside it."""

    def __init__(self, folder: Path) -> None:
        self.token_file = folder / "token"
        self.token_file.write_text(TOKEN + "\n")
        self.socket = folder / "runner.sock"

    def sandbox(self, wall_clock_limit: float = 60) -> RemoteSandbox:
        """The node's side."""
        return RemoteSandbox(f"unix://{self.socket}", self.token_file, wall_clock_limit=wall_clock_limit)

    def serve(self, handler: Handler, patience: float = 600) -> Server:
        """Whatever answers at the socket."""
        return Server(
            handler, str(self.socket), None, most_bytes=MOST_JOB, name="runner", patience=patience
        )

    @contextmanager
    def runner(
        self,
        sandboxes: Sequence[Sandbox],
        *,
        workers: int = 4,
        twist: Callable[[Handler], Handler] = lambda handler: handler,
    ) -> Iterator[RemoteSandbox]:
        """A runner until the block ends, and a sandbox that uses it; ``twist`` changes what it says."""
        with self.serve(twist(Desk(sandboxes, token=TOKEN, workers=workers).handle)):
            yield self.sandbox()
