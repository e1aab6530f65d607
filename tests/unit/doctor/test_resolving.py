"""Which names of a program mean what: aliases, shadows, scopes, and what never runs."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest
from ailments import program

from chainboy.doctor import lint
from chainboy.doctor.code import Code
from chainboy.doctor.surface import surface


def used(body: str) -> list[str]:
    """The dotted names that a program uses, builtins left out."""
    code = Code(ast.parse(body), None, surface())
    return [dotted for dotted, _ in code.uses if not dotted.startswith("builtins.")]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("import time\ntime.time()", ["time.time"]),
        ("import time as t\nt.time", ["time.time"]),
        ("import xml.etree.ElementTree\nxml.etree.ElementTree.parse", ["xml.etree.ElementTree.parse"]),
        ("import xml.etree.ElementTree as E\nE.parse", ["xml.etree.ElementTree.parse"]),
        ("from datetime import datetime as d\nd.now().year", ["datetime.datetime.now"]),
        ("from math import *\nsin(1)", ["math.sin"]),
        ("from math import *\ndef sin(x): pass\nsin(1)", []),
        ("import time\ntime = 3\ntime.time", []),
        ("import time\ndef f(time): return time.time", []),
        ("import time\ndef f(): return time.time\n", ["time.time"]),
        ("def f(): return time.time\nimport time", ["time.time"]),
        ("def f():\n  import time\ntime.time", []),
        ("def f():\n  global time\n  import time\ntime.time", ["time.time"]),
        ("class A:\n  import time\n  def f(self): return time.time", []),
        ("class A:\n  import time\n  now = time.time", ["time.time"]),
        ("import time\n[time.time for x in time.a]", ["time.a", "time.time"]),
        ("import time\n[time.time for time in [1]]", []),
        ("import time\n{time: time.b for time in time.a}", ["time.a"]),
        ("import time\nlambda time: time.time", []),
        ("import time\nlambda x=time.time: x", ["time.time"]),
        ("import time\nif (time := 1): time.time", []),
        ("import time\n[0 for x in [1] if (time := x)]\ntime.time", []),
        ("import time\ntry: pass\nexcept E as time: time.time", []),
        ("import time\nwith a as time: time.time", []),
        ("import time\nmatch 1:\n  case time: time.time", []),
        ("import time\nmatch 1:\n  case [*time]: time.time", []),
        ("import time\nmatch 1:\n  case {**time}: time.time", []),
        ("import time\nx: time.time = 1", []),
        ("import time\ndef f(x: time.time = time.a) -> time.b: pass", ["time.a"]),
        ("import time\ntime.x = 1", []),
        (
            "import time, os\ntry: pass\nexcept time.a: pass\nelse: time.b\nfinally: os.c",
            ["time.a", "time.b", "os.c"],
        ),
        ("import typing, time\nif typing.TYPE_CHECKING: time.a\nelse: time.b", ["time.b"]),
        ("import time\nif __name__ == '__main__': time.a", []),
        ("import time\nif __name__ == 'program': time.a", ["time.a"]),
        ("import time\n@time.a\nclass A(time.b, metaclass=time.c): pass", ["time.a", "time.b", "time.c"]),
        ("import time\nx += time.a\nx += 1", ["time.a"]),
        ("import time\nf'{time.a}'", ["time.a"]),
        ("import time\nself.x: int = time.a", ["time.a"]),
        ("import time\nmatch time.a:\n  case {}: pass\n  case _: time.b", ["time.a", "time.b"]),
    ],
)
def test_names(body: str, names: list[str]) -> None:
    """As Python itself would resolve them."""
    assert used(body) == names


def test_a_name_with_many_meanings_may_be_anything() -> None:
    """The more often it is bound the less is said of it, and quickly."""
    body = "import time as x\n" * 20 + "def main():\n  x.time()\n  return 1"
    assert lint(program(body)) == ()
    aliases = "a = {1}\n" + "a = a | a\nfor x in a: pass\n" * 500 + "def main(): return 1"
    assert lint(program(aliases)) == ()


@pytest.mark.parametrize("body", ["def f(): return T", "class A:\n  x = T"])
def test_parameters_of_types_have_a_meaning(body: str) -> None:
    """``def f[T]``, as a newer Python parses it."""
    tree = ast.parse(body)
    setattr(tree.body[0], "type_params", [])  # noqa: B010 - older nodes have no such field
    assert [each.id for each in _undefined(tree)] == ["T"]
    setattr(tree.body[0], "type_params", [SimpleNamespace(name="T")])  # noqa: B010
    assert _undefined(tree) == []


def _undefined(tree: ast.Module) -> list[ast.Name]:
    parts = [(part.node, part.scope) for part in Code(tree, None, surface()).parts]
    names = [(node, scope) for node, scope in parts if isinstance(node, ast.Name)]
    return [node for node, scope in names if not scope.meanings(node.id)]


def test_a_circle_of_names() -> None:
    """Names that stand for each other end nowhere."""
    assert [each.rule for each in lint(program("main = a = b = 1\nmain = a\na = b\nb = a"))] == []
