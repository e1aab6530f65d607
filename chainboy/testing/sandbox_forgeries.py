"""Programs that lie about their result, or bend the interpreter they run in."""

from __future__ import annotations

from chainboy.testing.sandbox_cases import (
    ABORTED,
    REPEATS,
    Case,
    fails,
    raises,
    returns,
)

FORGERIES: tuple[Case, ...] = (
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
