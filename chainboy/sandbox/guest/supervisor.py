"""The first process of an image's container: lets a child answer, and passes on no more than an answer.

    chainboy-run SECONDS < question

The child runs the program and is not trusted: it is told apart from this process by nothing but what the
kernel allows. As the first process of its namespace this one cannot be killed from inside, and it lets
nobody look into it. It writes one bounded line and exits with 0 if the run came to an outcome; a child that
broke is ABORTED. It exits with :data:`NO_OUTCOME` if there is none: the time was over, the child was killed
from outside or used up its CPU time, or no question came.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import child  # type: ignore[import-not-found]  # noqa: E402 - beside this file, in an image

sys.path.remove(str(HERE))

NO_OUTCOME: int = child.NO_OUTCOME
ABORTED = b'[3, "", ""]\n'
MAX_ANSWER = 2 << 20
"""Most bytes of an answer: a log of the greatest length, each character written as an escape."""
STACK = 8 << 20
"""Native stack of the child, in bytes: where it ends may decide an outcome, so no host may choose."""
KILLED = (signal.SIGKILL, signal.SIGXCPU, signal.SIGTERM)
"""Signals that tell of a limit around the artifact; any other one is the artifact's own end."""
_PR_SET_DUMPABLE = 4
_PIECE = 65_536


def main() -> None:
    """Supervise one run."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a handler, the first process gets no signal
    signal.signal(signal.SIGALRM, lambda *_: os._exit(NO_OUTCOME))
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        os._exit(NO_OUTCOME)
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    receiver, sender = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(receiver)
        _answer(sender)
    os.close(sender)
    os.close(0)
    answer = _collect(receiver, process)
    if answer is None:
        os._exit(NO_OUTCOME)
    while answer:
        answer = answer[os.write(1, answer) :]
    os._exit(0)


def _answer(sender: int) -> None:
    """What the child does; never returns."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    settings = json.loads((HERE / "settings.json").read_text("utf-8"))
    question = sys.stdin.buffer.readline()
    child.answer(question, sender, memory=settings["memory"], modules=settings["modules"])


def _collect(receiver: int, process: int) -> bytes | None:
    """The child's line; ABORTED if it broke or floods; None if it was kept from answering."""
    data = bytearray()
    while not data.endswith(b"\n"):
        piece = os.read(receiver, _PIECE)
        if not piece:
            return _ended(process)
        data += piece
        if len(data) > MAX_ANSWER:
            return ABORTED
    return bytes(data)


def _ended(process: int) -> bytes | None:
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return None if code == NO_OUTCOME or -code in KILLED else ABORTED


if __name__ == "__main__":
    main()
