"""Programs that mean no harm, and what each returns."""

from __future__ import annotations

from chainboy.testing.sandbox_cases import REPEATS, Case, fails, returns
from chainboy.testing.sandbox_stdlib import STDLIB

FRIENDLY: tuple[Case, ...] = (
    returns(
        "arithmetic",
        """
        def main(n):
            return sum((i * i for i in range(n)))
        """,
        332833500,
        inputs=["uint256"],
        arguments=[1000],
    ),
    returns(
        "signed",
        """
        def main(a, b):
            return (-a // b, -a % b)
        """,
        -4,
        1,
        inputs=["int8", "int16"],
        outputs=["int256", "int8"],
        arguments=[7, 2],
    ),
    returns(
        "text",
        """
        def main(s):
            return s.upper() + '!'
        """,
        "ŽLUŤ!",
        inputs=["string"],
        outputs=["string"],
        arguments=["žluť"],
    ),
    returns(
        "bytes",
        """
        def main(b, c):
            return (bytes(reversed(b)), c[:2] + bytes(2))
        """,
        b"cba",
        b"wx\x00\x00",
        inputs=["bytes", "bytes4"],
        outputs=["bytes", "bytes4"],
        arguments=[b"abc", b"wxyz"],
    ),
    returns(
        "nested arrays",
        """
        def main(a):
            return [[x * 2 for x in row] for row in a]
        """,
        ((2,), (), (4, 6)),
        inputs=["uint8[][]"],
        outputs=["uint16[][]"],
        arguments=[[[1], [], [2, 3]]],
    ),
    returns(
        "tuples",
        """
        def main(p):
            return [(name, n + 1) for name, n in p]
        """,
        (("a", 2), ("b", 3)),
        inputs=["(string,uint8)[]"],
        outputs=["(string,uint8)[]"],
        arguments=[[("a", 1), ("b", 2)]],
    ),
    returns(
        "address",
        """
        def main(a):
            return (a, a.upper().replace('0X', '0x'))
        """,
        "0xabababababababababababababababababababab",
        "0xabababababababababababababababababababab",
        inputs=["address"],
        outputs=["address", "address"],
        arguments=["0xabababababababababababababababababababab"],
    ),
    returns(
        "nothing",
        """
        def main():
            pass
        """,
        outputs=[],
    ),
    returns(
        "named tuple",
        """
        from collections import namedtuple
        P = namedtuple('P', 'x y')

        def main():
            return P(1, y=2)
        """,
        1,
        2,
        outputs=["uint8", "uint8"],
    ),
    returns(
        "int enum",
        """
        import enum

        class E(enum.IntEnum):
            A = 7

        def main():
            return E.A
        """,
        7,
    ),
    returns(
        "files",
        """
        from chainboy import files

        def main():
            return (len(files['a']), files['b'])
        """,
        100000,
        bytes(range(256)),
        outputs=["uint256", "bytes"],
        files={"b": bytes(range(256)), "a": b"\xff" * 100000},
    ),
    returns(
        "values",
        """
        from chainboy import values

        def main():
            return values['spot'] + values['low']
        """,
        1606938044258990275541962092341162602522202993782792835301371,
        values={"spot": 1606938044258990275541962092341162602522202993782792835301376, "low": -5},
    ),
    returns(
        "decorated",
        """
        from chainboy import program
        from chainboy.abi import uint256

        @program
        def main(n: uint256) -> uint256:
            return n
        """,
        9,
        inputs=["uint256"],
        arguments=[9],
    ),
    *STDLIB,
    returns(
        "seeded random",
        """
        import random

        def main():
            random.seed(7)
            return random.getrandbits(32)
        """,
        1390851128,
    ),
    fails(
        "own seed",
        """
        import random

        def main():
            return random.getrandbits(256) ^ random.Random().getrandbits(128) ^ random.randrange(10)
        """,
        REPEATS,
    ),
    returns(
        "stdout",
        """
        def main():
            print('x' * 10)
            return 1
        """,
        1,
    ),
)
