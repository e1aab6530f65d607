"""Programs that break one rule each, and beside each one that nearly does."""

from __future__ import annotations

import textwrap

import attrs


def program(body: str, outputs: str = '"uint256"', *more: str) -> bytes:
    """A program file around ``body``, with ``more`` lines in its block."""
    head = ["# /// chainboy", '# runtime = "cpython-wasm:1"', f"# outputs = [{outputs}]"]
    return "\n".join([*head, *more, "# ///", textwrap.dedent(body)]).encode()


@attrs.frozen(kw_only=True)
class Ailment:
    """``broken`` breaks ``rule`` on the line that ends with ``# here``, ``sound`` does not."""

    rule: str
    broken: str
    sound: str
    outputs: str = '"uint256"'
    sound_outputs: str = ""
    """Of the sound program, if they are others."""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.name}".strip()

    @property
    def ill(self) -> bytes:
        """The broken program."""
        return program(self.broken, self.outputs)

    @property
    def well(self) -> bytes:
        """The sound program."""
        return program(self.sound, self.sound_outputs or self.outputs)

    @property
    def line(self) -> int:
        """Where the broken program is broken; 1 if it is the whole."""
        lines = self.ill.decode().split("\n")
        return next((number for number, line in enumerate(lines, start=1) if line.endswith("# here")), 1)


def returning(expression: str, imports: str = "", mark: str = "  # here") -> str:
    """A main that returns the length of an expression's text."""
    return f"{imports}\ndef main():\n    return len(str({expression})){mark}\n"


def pair(rule: str, broken: str, sound: str, imports: str = "", name: str = "") -> Ailment:
    """An ailment of one expression."""
    return Ailment(
        rule=rule,
        broken=returning(broken, imports),
        sound=returning(sound, imports, ""),
        name=name or broken,
    )


AILMENTS = (
    Ailment(rule="no-main", broken="def mian(): return 1", sound="main = lambda: 1"),
    Ailment(
        rule="no-main",
        name="local",
        broken="def f():\n  def main(): return 1",
        sound="if True:\n  def main(): return 1",
    ),
    Ailment(rule="main-kind", broken="async def main(): return 1  # here", sound="def main(): return 1"),
    Ailment(
        rule="main-kind",
        name="generator",
        broken="def main():\n  yield 1  # here",
        sound="def main():\n  def numbers():\n    yield 1\n  return sum(numbers())",
    ),
    Ailment(rule="main-arguments", broken="def main(n): return 1  # here", sound="def main(n=1): return 1"),
    Ailment(
        rule="main-arguments",
        name="alias",
        broken="def f(*, n): return 1  # here\nmain = f",
        sound="def f(*rest, n=1): return 1\nmain = f",
    ),
    Ailment(
        rule="main-results", broken="def main():  # here\n  x = 1", sound="def main():\n  x = 1\n  return x"
    ),
    Ailment(
        rule="main-results",
        name="count",
        outputs='"uint8", "uint8"',
        broken="def main():\n  return 1, 2, 3  # here",
        sound="def main():\n  return *[1], 2",
    ),
    Ailment(
        rule="outcome-size",
        outputs='"uint256[29]"',
        sound_outputs='"uint256[28]"',
        broken="def main(): return [1] * 29",
        sound="def main(): return [1] * 28",
        name="array",
    ),
    Ailment(
        rule="undeclared-data",
        broken="from chainboy import files\ndef main(): return len(files['rate'])  # here",
        sound="from chainboy import files\ndef main(): return len(files.get('rate', b''))",
    ),
    Ailment(
        rule="undeclared-data",
        name="values",
        broken="import chainboy\ndef main(): return chainboy.values['spot']  # here",
        sound="def main():\n  values = {'spot': 1}\n  return values['spot']",
    ),
    Ailment(
        rule="exit",
        broken="import sys\ndef main():\n  sys.exit(0)  # here\n  return 1",
        sound="def main():\n  return 1",
    ),
    pair("written-code", "eval('1 + 1')", "[1 + 1]"),
    Ailment(
        rule="missing-module",
        broken="import socket  # here\ndef main(): return 1",
        sound="import zlib\ndef main(): return 1",
    ),
    Ailment(
        rule="missing-module",
        name="caught",
        broken="import numpy.linalg as la  # here\ndef main(): return 1",
        sound="try:\n  import numpy\nexcept ImportError:\n  numpy = None\ndef main(): return 1",
    ),
    Ailment(
        rule="missing-module",
        name="relative",
        broken="def main():\n  from . import helper  # here\n  return 1",
        sound="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  import os\ndef main(): return 1",
    ),
    Ailment(
        rule="missing-module",
        name="script",
        broken="import logging  # here\ndef main(): return 1",
        sound="def main(): return 1\nif __name__ == '__main__':\n  import sys, argparse\n  print(main())",
    ),
    pair("missing-name", "hashlib.scrypt", "hashlib.sha256", "import hashlib"),
    Ailment(
        rule="missing-name",
        name="from",
        broken="from math import isqroot  # here\ndef main(): return 1",
        sound="from math import isqrt\nfrom xml.etree import ElementTree\ndef main(): return isqrt(1)",
    ),
    Ailment(
        rule="missing-name",
        name="caught",
        broken="import math\ndef main(): return math.isqroot(4)  # here",
        sound="import math\ntry: f = math.isqroot\nexcept AttributeError: f = abs\nmain = lambda: f(4)",
    ),
    pair("missing-name", "help()", "len('')"),
    pair("undefined-name", "reduce(max, [1])", "functools.reduce(max, [1])", "import functools"),
    Ailment(
        rule="undefined-name",
        name="later",
        broken="def main(): return helped()  # here",
        sound="def main(): return helped()\ndef helped() -> T: return (lambda x: [y for y in [x]][0])(1)",
    ),
    pair("clock", "time.time()", "time.strftime('%Y', (2020,) + (1,) * 8)", "import time"),
    pair("clock", "d.now()", "d(2020, 1, 1)", "from datetime import datetime as d"),
    pair("clock", "datetime.date.today()", "datetime.date(2020, 1, 1)", "import datetime"),
    pair("clock", "uuid.uuid1()", "uuid.uuid5(uuid.NAMESPACE_DNS, 'a')", "import uuid"),
    pair("time-function", "time.gmtime(0)", "datetime.timedelta(1)", "import time, datetime"),
    pair("entropy", "uuid.uuid4()", "uuid.UUID(int=random.getrandbits(128))", "import uuid, random"),
    pair("entropy", "random.SystemRandom()", "random.Random()", "import random"),
    pair("files", "open('x')", "io.BytesIO()", "import io"),
    pair("files", "zipfile.ZipFile('x')", "zipfile.ZipFile(io.BytesIO(), 'w')", "import io, zipfile"),
    pair("console", "input()", "(lambda input: input)(1)"),
    Ailment(
        rule="environment",
        broken="import os\ndef main(): return len(os.environ)  # here",
        sound="def main():\n  class os:\n    environ = ''\n  return len(os.environ)",
    ),
    Ailment(
        rule="locale",
        broken="def main(): return len(f'{1000:n}')  # here",
        sound="def main(): return len(f'{1000:,}')",
    ),
    pair(
        "locale",
        "d(2020, 1, 1).strftime('%d %B')",
        "d(2020, 1, 1).strftime('%d %m')",
        "from datetime import date as d",
    ),
    Ailment(
        rule="locale",
        name="import",
        broken="import locale  # here\ndef main(): return 1",
        sound="def main(): return 1",
    ),
    pair(
        "time-zone",
        "d.fromtimestamp(0)",
        "d.fromtimestamp(0, timezone.utc)",
        "from datetime import datetime as d, timezone",
    ),
    pair("time-zone", "date.fromtimestamp(0)", "date.fromordinal(1)", "from datetime import date"),
    pair(
        "time-zone",
        "d(2020, 1, 1).timestamp()",
        "d(2020, 1, 1, tzinfo=timezone.utc).timestamp()",
        "from datetime import datetime as d, timezone",
    ),
    pair(
        "time-zone",
        "d(2020, 1, 1).astimezone()",
        "d(2020, 1, 1).astimezone(timezone.utc)",
        "from datetime import datetime as d, timezone",
    ),
    pair("float-function", "math.exp(1)", "math.sqrt(2)", "import math"),
    pair("float-function", "random.gauss(0, 1)", "random.random()", "import random"),
    pair("float-power", "2 ** 0.5", "2 ** 5"),
    Ailment(
        rule="float-power",
        name="in place",
        broken="def main():\n  x = 2\n  x **= .5  # here\n  return int(x)",
        sound="def main():\n  x = 2\n  x **= 5\n  return x",
    ),
    Ailment(
        rule="float-result",
        broken="def main():\n  n = 4\n  return n / 2  # here",
        sound="def main():\n  n = 4\n  return int(n / 2)",
    ),
    Ailment(
        rule="float-result",
        name="one of two",
        outputs='"uint8", "int8"',
        broken="def main():\n  return 1, -2.0  # here",
        sound="def main():\n  return 1, -2",
    ),
    pair("set-order", "list({'a', 'b'})", "sorted({'a', 'b'})"),
    pair("set-order", "[x for x in set('ab')]", "sum(ord(x) for x in set('ab'))"),
    pair("set-order", "''.join(frozenset('ab') | set('c'))", "''.join(dict.fromkeys('abc'))"),
    Ailment(
        rule="set-order",
        name="loop",
        broken="def main():\n  seen: set[int] = set()\n  for x in seen:  # here\n    print(x)\n  return 1",
        sound="def main():\n  seen = [1]\n  for x in seen:\n    print(x)\n  return len({1})",
    ),
    Ailment(
        rule="set-order",
        name="pop",
        broken="def main():\n  todo = {1, 2}\n  todo |= {3}\n  return todo.pop()  # here",
        sound="def main():\n  todo = [1, 2]\n  todo += [3]\n  return todo.pop()",
    ),
    Ailment(
        rule="set-order",
        name="parameter",
        broken="def f(s: frozenset[int]): return [*s]  # here\ndef main(): return 1",
        sound="def f(s: list[int]): return [*s]\ndef main(): return 1",
    ),
    Ailment(
        rule="set-order",
        name="unpacked",
        broken="def main():\n  a, b = {1, 2}.union([2])  # here\n  return a",
        sound="def main():\n  a, b = min({1, 2}), max(x for x in {1, 2})\n  return a",
    ),
    pair("identity", "id(1)", "(1 is None)"),
    pair("identity", "sorted([1], key=id)", "sorted([1], key=abs)"),
    pair("hash", "hash('a')", "len('a')"),
    Ailment(
        rule="hash",
        name="own",
        broken="def main(): return abs(hash((1, 2)))  # here",
        sound="class P:\n  def __hash__(self): return hash((1, 2))\ndef main(): return 1",
    ),
    pair("default-text", "repr(len) + repr(object())", "repr(1)"),
    pair("default-text", "f'{(lambda: 1)}'", "f'{1}'"),
    Ailment(
        rule="default-text",
        name="heir",
        broken="class P: pass\ndef main(): return len(repr(P()))  # here",
        sound="class P(dict): pass\ndef main(): return len(repr(P()))",
    ),
    Ailment(
        rule="default-text",
        name="class",
        broken="class P: pass\ndef main(): return len(str(P()))  # here",
        sound="class P:\n  def __repr__(self): return 'P'\ndef main(): return len(str(P()))",
    ),
    Ailment(
        rule="default-text",
        name="function",
        broken="def main(): return len(f'{main}')  # here",
        sound="def main(): return len(f'{main.__name__}')",
    ),
    pair("introspection", "sys.maxsize", "sys.byteorder", "import sys"),
    pair("native-layout", "struct.pack('l', 1)", "struct.pack('<l', 1)", "import struct"),
    pair("native-layout", "array.array('L')", "array.array('Q')", "import array"),
    Ailment(
        rule="endless-recursion",
        broken="def f(n): return f(n + 1)  # here\ndef main(): return f(0)",
        sound="def f(n): return 0 if n > 9 else f(n + 1)\ndef main(): return f(0)",
    ),
    Ailment(
        rule="endless-recursion",
        name="method",
        broken="class A:\n  def f(self): return self.f()  # here\ndef main(): return A().f()",
        sound="class A:\n  def f(self): return B().f()\nclass B:\n  def f(self): return 1\nmain = A().f",
    ),
    Ailment(
        rule="caught-limit",
        broken="def main():\n  try:\n    return 1\n  except (ValueError, RecursionError):  # here\n    pass",
        sound="def main():\n  try:\n    return 1\n  except (ValueError, KeyError):\n    return 2",
    ),
    Ailment(
        rule="caught-limit",
        name="bare",
        broken="def main():\n  try:\n    return 1\n  except:  # here\n    return 2",
        sound="def main():\n  try:\n    return 1\n  finally:\n    print(2)",
    ),
    pair("long-integer-text", "str(7 ** len('a'))", "str(7 ** 9)"),
    pair("long-integer-text", "f'{1 << len([])}'", "f'{1 << len([]):x}'"),
    Ailment(
        rule="long-integer-text",
        name="named",
        broken="import math\ndef main():\n  f = math.factorial(9)\n  return len(str(f))  # here",
        sound="import math\ndef main():\n  f = math.gcd(9, 6)\n  return len(str(f)) + len(repr(2.0 ** f))",
    ),
    Ailment(
        rule="finalizer",
        broken="class A:\n  def __del__(self): pass  # here\ndef main(): return 1",
        sound="class A:\n  def __exit__(self, *_): pass\ndef main(): return 1",
    ),
    Ailment(
        rule="finalizer",
        name="weakref",
        broken="import weakref  # here\ndef main(): return 1",
        sound="import copy\ndef main(): return 1",
    ),
)
"""At least one of every rule that is found in the source of a WebAssembly program."""
