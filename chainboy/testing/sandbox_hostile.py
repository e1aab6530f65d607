"""Programs that mean harm, and the one outcome each of them has."""

from __future__ import annotations

from eth_abi.abi import encode

from chainboy.consensus.outcome import Status
from chainboy.testing.sandbox_cases import (
    ABORTED,
    ABSTAINS,
    OUT_OF_FUEL,
    REPEATS,
    Case,
    Expected,
    fails,
    raises,
    returns,
)

_ABSENT = (
    *("os", "posix", "socket", "subprocess", "threading", "_thread", "ctypes", "signal", "gc", "atexit"),
    *("multiprocessing", "asyncio", "importlib", "numpy", "not_there", "chainboy.sandbox"),
    *("wit_world", "chainboy_guest.driver", "componentize_py_runtime"),
)

HOSTILE: tuple[Case, ...] = (
    fails(
        "endless loop",
        """
        def main():
            while True:
                pass
        """,
        OUT_OF_FUEL,
        ABSTAINS,
        fuel_limit=10**9,
    ),
    fails(
        "endless import",
        """
        while True:
            pass
        """,
        OUT_OF_FUEL,
        ABSTAINS,
        fuel_limit=10**9,
    ),
    fails(
        "never gives up",
        """
        def main():
            while True:
                try:
                    while True:
                        raise MemoryError
                except BaseException:
                    pass
        """,
        OUT_OF_FUEL,
        ABSTAINS,
        fuel_limit=10**9,
    ),
    fails(
        "memory bomb",
        """
        kept = []

        def main():
            while True:
                kept.append(bytes(1 << 22))
        """,
        raises("MemoryError"),
    ),
    fails(
        "one large allocation",
        """
        def main():
            return len(bytearray(1 << 30))
        """,
        raises("MemoryError"),
    ),
    fails(
        "recursion bomb",
        """
        def main():
            return main()
        """,
        raises("RecursionError"),
    ),
    fails(
        "deep structure, walked",
        """
        import json

        def main():
            return json.loads('[' * 100000)
        """,
        raises("RecursionError"),
    ),
    fails(
        "deep structure, shown",
        """
        a = []
        for _ in range(100000):
            a = [a]

        def main():
            return repr(a)
        """,
        raises("RecursionError"),
    ),
    fails(
        "deep structure, copied",
        """
        import copy
        a = []
        for _ in range(100000):
            a = [a]

        def main():
            return copy.deepcopy(a)
        """,
        raises("RecursionError"),
    ),
    returns(
        "deep structure, dropped",
        """
        a = []
        for _ in range(1000000):
            a = [a]
        del a

        def main():
            return 1
        """,
        1,
    ),
    fails(
        "deep structure, hashed",
        """
        a = ()
        for _ in range(1000000):
            a = (a,)

        def main():
            return hash(a)
        """,
        ABORTED,
    ),
    fails(
        "chain of iterators",
        """
        a = iter([1])
        for _ in range(1000000):
            a = map(abs, a)

        def main():
            return next(a)
        """,
        ABORTED,
    ),
    fails(
        "deep source",
        """
        def main():
            return eval('(' * 150 + '1' + ')' * 150 + '+' + '-' * 100000 + '1')
        """,
        raises("MemoryError"),
    ),
    fails(
        "long sum in the source",
        """
        def main():
            return eval('+'.join(['n'] * 100000), {'n': 1})
        """,
        raises("RecursionError"),
    ),
    fails(
        "deep pattern",
        """
        import re

        def main():
            re.compile('(' * 5000 + ')' * 5000)
        """,
        raises("RecursionError"),
    ),
    returns(
        "output flood",
        """
        def main():
            for _ in range(2000):
                print('x' * 1000)
            return 1
        """,
        1,
    ),
    returns(
        "binary on stdout",
        r"""
        import sys

        def main():
            sys.stdout.buffer.write(b'\xff\x00' * 9)
            print('\ud800')
            return 1
        """,
        1,
    ),
    fails(
        "large power",
        """
        def main():
            return 10 ** 10 ** 10
        """,
        OUT_OF_FUEL,
        ABSTAINS,
        fuel_limit=10**9,
    ),
    fails(
        "long number as text",
        """
        def main():
            return len(str(1 << 100000))
        """,
        raises("ValueError"),
    ),
    fails(
        "pattern bomb",
        """
        import re

        def main():
            return bool(re.match('(a+)+$', 'a' * 64 + 'b'))
        """,
        OUT_OF_FUEL,
        ABSTAINS,
        fuel_limit=10**9,
    ),
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
    fails(
        "forged frame on stdout",
        r"""
        import sys

        def main():
            print('[0, "", ""]', flush=True)
            sys.stdout.write('\x00' * 32)
            raise SystemExit
        """,
        raises("SystemExit"),
    ),
    fails(
        "forged frame in the standard streams",
        """
        import sys

        def main():
            (sys.__stdout__ or sys.stdout).write('[0, "", ""]')
            raise ValueError
        """,
        raises("ValueError"),
    ),
    fails(
        "forged answer",
        r"""
        import sys

        def main():
            f = sys._getframe()
            while 'Answer' not in f.f_globals:
                f = f.f_back
            A = f.f_globals['Answer']
            f.f_globals['Answer'] = lambda *a: A(2, b'\xff' * 99999, '')
            return 1
        """,
        ABORTED,
    ),
    fails(
        "wrong type",
        """
        def main():
            return '1'
        """,
        raises("OutputError"),
    ),
    fails(
        "float",
        """
        def main():
            return 1.0
        """,
        raises("OutputError"),
    ),
    fails(
        "bool for an integer",
        """
        def main():
            return True
        """,
        raises("OutputError"),
    ),
    fails(
        "integer for a bool",
        """
        def main():
            return 1
        """,
        raises("OutputError"),
        outputs=["bool"],
    ),
    fails(
        "none",
        """
        def main():
            return None
        """,
        raises("OutputError"),
    ),
    fails(
        "negative",
        """
        def main():
            return -1
        """,
        raises("OutputError"),
    ),
    fails(
        "too large",
        """
        def main():
            return 1 << 256
        """,
        raises("OutputError"),
    ),
    fails(
        "too many",
        """
        def main():
            return (1, 2)
        """,
        raises("OutputError"),
    ),
    fails(
        "something for nothing",
        """
        def main():
            return 0
        """,
        raises("OutputError"),
        outputs=[],
    ),
    fails(
        "text without UTF-8",
        r"""
        def main():
            return '\ud800'
        """,
        raises("OutputError"),
        outputs=["string"],
    ),
    fails(
        "huge result",
        """
        def main():
            return 'x' * 10000000
        """,
        raises("OutputError"),
        outputs=["string"],
    ),
    fails(
        "generator",
        """
        def main():
            yield 1
        """,
        raises("OutputError"),
    ),
    fails(
        "coroutine",
        """
        async def main():
            return 1
        """,
        raises("OutputError"),
    ),
    fails(
        "endless iterator for a list",
        """
        import itertools

        def main():
            return itertools.count()
        """,
        raises("OutputError"),
        outputs=["uint8[]"],
    ),
    fails(
        "list in itself",
        """
        def main():
            a = []
            a.append(a)
            return a
        """,
        raises("OutputError"),
        outputs=["uint8[]"],
    ),
    fails(
        "hostile index",
        """
        class I:

            def __index__(s):
                while True:
                    pass
            __int__ = __eq__ = __len__ = __index__
            __hash__ = None

        def main():
            return I()
        """,
        raises("OutputError"),
    ),
    fails(
        "pretended class",
        """
        class I:
            __class__ = property(lambda s: int)

            def __index__(s):
                return 1

        def main():
            return I()
        """,
        raises("OutputError"),
    ),
    returns(
        "hostile integer",
        """
        class I(int):

            def __getattribute__(s, n):
                1 / 0
            __index__ = __int__ = __lt__ = __le__ = __add__ = lambda *a: 1 / 0

        def main():
            return I(7)
        """,
        7,
    ),
    returns(
        "hostile list",
        """
        class L(list):
            __iter__ = __len__ = __getitem__ = lambda *a: 1 / 0

        def main():
            return L([1, 2])
        """,
        (1, 2),
        outputs=["uint8[]"],
    ),
    fails(
        "changed builtins",
        """
        import builtins

        def main():
            builtins.len = lambda x: 896
            builtins.issubclass = lambda *a: True
            return 5
        """,
        raises("Exception"),
    ),
    fails(
        "broken builtins",
        """
        import builtins

        def main():
            builtins.issubclass = None
            return 5
        """,
        raises("TypeError"),
    ),
    returns(
        "emptied modules",
        """
        import sys

        def main():
            sys.modules.clear()
            return 3
        """,
        3,
    ),
    returns(
        "closed streams",
        """
        import sys

        def main():
            sys.stdout.close()
            del sys.stdout, sys.stderr
            return 3
        """,
        3,
    ),
    fails(
        "hash order",
        """
        def main():
            s = {str(i) for i in range(50)}
            return int(''.join(list(s)[:9])) ^ hash('x') & 65535
        """,
        REPEATS,
    ),
    fails(
        "identity",
        """
        class C:
            pass

        def main():
            return id(C()) ^ hash(object()) & 4294967295
        """,
        REPEATS,
    ),
    fails(
        "finalizer",
        """
        class C:

            def __del__(s):
                raise ValueError

        def main():
            C()
            c = C()
            c.me = c
            return 1
        """,
        REPEATS,
    ),
    fails(
        "trace function",
        """
        import sys

        def main():
            sys.settrace(lambda *a: 1 / 0)
            return (lambda: 1)()
        """,
        raises("ZeroDivisionError"),
    ),
    fails(
        "group of exceptions",
        """
        def main():
            raise BaseExceptionGroup('x', [SystemExit(), ValueError()])
        """,
        raises("BaseExceptionGroup"),
    ),
    fails(
        "write to the data",
        """
        from chainboy import files

        def main():
            files['a'] = b''
        """,
        raises("TypeError"),
    ),
)
