"""Programs that never end or want everything: time, memory, stack, output."""

from __future__ import annotations

from chainboy.testing.sandbox_cases import (
    ABORTED,
    ABSTAINS,
    OUT_OF_FUEL,
    Case,
    fails,
    raises,
    returns,
)

BOMBS: tuple[Case, ...] = (
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
)
