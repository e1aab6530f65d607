"""Programs that reach for what is outside, and exceptions that mean harm."""

from __future__ import annotations

from eth_abi.abi import encode

from chainboy.consensus.outcome import Status
from chainboy.testing.sandbox_cases import (
    ABORTED,
    Case,
    Expected,
    fails,
    raises,
)

_ABSENT = (
    *("os", "posix", "socket", "subprocess", "threading", "_thread", "ctypes", "signal", "gc", "atexit"),
    *("multiprocessing", "asyncio", "importlib", "numpy", "not_there", "chainboy.sandbox"),
    *("wit_world", "chainboy_guest.driver", "componentize_py_runtime"),
)

ESCAPES: tuple[Case, ...] = (
    fails(
        "open a file",
        """
        def main():
            return len(open('/etc/passwd').read())
        """,
        raises("PermissionError"),
    ),
    fails(
        "open a file by io",
        """
        import io

        def main():
            return io.FileIO('/etc/passwd').read(1)[0]
        """,
        raises("PermissionError"),
    ),
    fails(
        "operating system by the back door",
        """
        import zipfile

        def main():
            zipfile.os.listdir('/')
        """,
        raises("PermissionError"),
    ),
    fails(
        "end the process",
        """
        import zipfile

        def main():
            zipfile.os._exit(0)
        """,
        raises("PermissionError"),
    ),
    fails(
        "environment",
        """
        import zipfile

        def main():
            return len(zipfile.os.environ['PATH'])
        """,
        raises("KeyError"),
    ),
    fails(
        "entropy",
        """
        import uuid

        def main():
            return uuid.uuid4().int
        """,
        raises("PermissionError"),
    ),
    fails(
        "system random",
        """
        import random

        def main():
            return random.SystemRandom().getrandbits(8)
        """,
        raises("AttributeError"),
    ),
    fails(
        "clock",
        """
        import time

        def main():
            return int(time.time())
        """,
        raises("PermissionError"),
    ),
    fails(
        "clock by datetime",
        """
        import datetime

        def main():
            return datetime.datetime.now() and 1
        """,
        ABORTED,
        Expected(Status.OK, encode(["uint256"], [1])),
    ),
    fails(
        "read the keyboard",
        """
        def main():
            return int(input())
        """,
        raises("RuntimeError"),
    ),
    *(
        fails(f"import {module}", f"import {module}\ndef main(): return 1", raises("ModuleNotFoundError"))
        for module in _ABSENT
    ),
    fails(
        "exit",
        """
        import sys

        def main():
            sys.exit(0)
        """,
        raises("SystemExit"),
    ),
    fails(
        "quit while loading",
        "raise SystemExit",
        raises("SystemExit"),
    ),
    fails(
        "interrupt",
        """
        def main():
            raise KeyboardInterrupt
        """,
        raises("KeyboardInterrupt"),
    ),
    fails(
        "long name",
        """
        def main():
            raise type('E' * 65, (Exception,), {})
        """,
        raises("Exception"),
    ),
    fails(
        "longest name",
        """
        def main():
            raise type('E' * 64, (Exception,), {})
        """,
        raises("EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"),
    ),
    fails(
        "foreign name",
        """
        def main():
            raise type('Überlauf', (Exception,), {})
        """,
        raises("Exception"),
    ),
    fails(
        "empty name",
        """
        def main():
            raise type('', (Exception,), {})
        """,
        raises("Exception"),
    ),
    fails(
        "hostile exception",
        """
        class M(type):

            def __getattribute__(c, n):
                1 / 0

        class E(BaseException, metaclass=M):
            __traceback__ = property(lambda s: 1 / 0)
            args = property(lambda s: 1 / 0)

            def __str__(s):
                while True:
                    pass
            __repr__ = __str__

        def main():
            raise E
        """,
        raises("E"),
    ),
)
