"""Programs that have left the interpreter's rules behind and hold the bare system calls in their hands."""

from __future__ import annotations

import textwrap

from chainboy.sandbox.protocol import Job
from chainboy.units import Fuel

HEAD = '# /// chainboy\n# outputs = ["uint256"]\n# ///\n'

BREAKOUT = (
    HEAD
    + '''
def native(name):
    """A fresh copy of a module of the interpreter's, without the refusals."""
    importer = next(kind for kind in type.__subclasses__(object) if kind.__name__ == "BuiltinImporter")
    module = importer.create_module(importer.find_spec(name))
    importer.exec_module(module)
    return module

def kinds(of):
    for kind in type.__subclasses__(of):
        yield kind
        yield from kinds(kind)

posix = native("posix")
libc = next(kind for kind in kinds(object) if kind.__name__ == "CDLL")(None, use_errno=True)
sleep = native("time").sleep

def count(attempts):
    """How many of the attempts were let through; their names go to the log."""
    through = 0
    for name, attempt in attempts.items():
        try:
            done = attempt()
        except OSError:
            continue
        if done != -1:
            print(name, done)
            through += 1
    return through
'''
)

ENDLESS = HEAD + "def main():\n while True: pass\n"


def job(source: str) -> Job:
    """A run of a whole program without input."""
    return Job(program=source.encode(), input=b"", fuel_limit=Fuel(1))


def attack(body: str) -> Job:
    """A run of a ``main`` with this body, after the break-out; it returns an integer."""
    return job(BREAKOUT + "def main():\n" + textwrap.indent(textwrap.dedent(body), "    "))
