"""What a program finds in its interpreter: the modules it may import, and polite refusals for the rest.

Nothing here keeps a program in: that is the sandbox around the interpreter. These rules make the answer
to a file, a clock or a missing module an ordinary Python exception instead of the end of the run.
"""
# ruff: noqa: PLC0415, SIM905, SLF001, T201 (word lists read better; an interpreter is being rebuilt)

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
import types
from typing import Any, NoReturn

STDLIB = (
    "__future__ abc array ast base64 binascii bisect calendar cmath codecs collections collections.abc "
    "colorsys contextlib copy copyreg csv dataclasses datetime decimal difflib enum errno fnmatch "
    "fractions functools graphlib gzip hashlib heapq hmac html html.entities html.parser io ipaddress "
    "itertools json keyword math numbers operator pickle pprint random re reprlib statistics string "
    "stringprep struct textwrap tomllib traceback types typing unicodedata urllib.parse uuid warnings "
    "weakref xml.etree.ElementTree zipfile zlib"
).split()
"""The standard library inside. ``sys``, ``builtins`` and a ``time`` without a clock come with it."""

_CODECS = (
    "ascii latin_1 iso8859_1 iso8859_15 cp1252 cp1251 cp437 utf_8 utf_8_sig utf_16 utf_16_be utf_16_le "
    "utf_32 utf_32_be utf_32_le unicode_escape raw_unicode_escape punycode hex_codec base64_codec rot_13"
).split()
_INSIDE = "_strptime _pydatetime _pydecimal _compat_pickle annotationlib inspect linecache".split()
"""Modules that the standard library imports when a function of it is first called."""

_HIDDEN = frozenset(
    (
        "app wit_world componentize_py_runtime componentize_py_types chainboy_guest os posix posixpath "
        "ntpath genericpath stat pathlib site sitecustomize zipimport importlib _imp _frozen_importlib "
        "_frozen_importlib_external _thread threading _threading_local signal _signal gc atexit "
        "subprocess _posixsubprocess socket _socket select selectors _sitebuiltins __main__ tokenize "
        "_tokenize ctypes _ctypes multiprocessing asyncio resource faulthandler tempfile shutil runpy "
        "pkgutil platform logging"
    ).split(),
)
_CLOCKLESS = ("struct_time", "timezone", "altzone", "daylight", "tzname")


class _Nowhere:
    """The only finder there is: what was not loaded at the start cannot be imported."""

    @staticmethod
    def find_spec(*_what: object) -> None:
        return None


def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
    """Stands where the interpreter would reach outside."""
    raise PermissionError("a program has no files, clock, entropy or environment; declare data under [files]")


def _clockless() -> types.ModuleType:
    import time as real

    module = types.ModuleType("time", "The standard module without its clocks.")
    for name, value in vars(real).items():
        if not name.startswith("_"):
            setattr(module, name, refuse if callable(value) and name not in _CLOCKLESS else value)

    def strftime(layout: str, when: Any) -> str:
        """As in the standard library, of a given time only."""
        return str(real.strftime(layout, when))

    module.strftime = strftime  # type: ignore[attr-defined]
    return module


_TIME = _clockless()


def prepare() -> list[types.ModuleType]:
    """Load what programs may import, put refusals in place; returns the modules to keep alive."""
    for name in [*STDLIB, *(f"encodings.{name}" for name in _CODECS)]:
        importlib.import_module(name)
    for name in _INSIDE:
        with contextlib.suppress(ModuleNotFoundError):  # other versions, in a child, lack some
            importlib.import_module(name)
    _without_outside()
    _without_entropy()
    _with_quiet_warnings()
    return list(sys.modules.values())


def close() -> None:
    """Hide what is not for programs. A second step, for the artifact's builder works in between."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _HIDDEN]:
        del sys.modules[name]
    sys.modules["time"] = _TIME
    sys.meta_path[:] = [_Nowhere]
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


def _without_outside() -> None:
    system: Any = sys.modules["os"]
    native: Any = sys.modules.get("posix") or sys.modules.get("nt")
    system.environ.clear()
    for name, value in list(vars(native).items()):
        if isinstance(value, types.BuiltinFunctionType) and name not in ("fspath", "_path_splitroot_ex"):
            for module in (native, system):
                if hasattr(module, name):
                    setattr(module, name, refuse)
    io: Any = sys.modules["io"]
    for name in ("open", "open_code", "FileIO"):
        setattr(io, name, refuse)
    vars(builtins)["open"] = refuse
    for name in ("stdin", "__stdin__", "__stdout__", "__stderr__"):
        setattr(sys, name, None)
    for name in ("copyright", "credits", "license", "help"):
        vars(builtins).pop(name, None)


def _without_entropy() -> None:
    import random as standard

    random: Any = standard
    base: Any = standard.Random

    class Random(base):  # type: ignore[misc]
        """The standard generator; without a seed of its own it is seeded from the program's."""

        def __new__(cls, *_arguments: Any, **_options: Any) -> Any:
            return super().__new__(cls, 0)

        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(random.getrandbits(256) if a is None else a, version)

    Random.__module__, Random.__qualname__ = "random", "Random"
    random.Random = Random
    random._inst.__class__ = Random
    random.seed = random._inst.seed
    random._urandom = refuse
    del random.SystemRandom


def _with_quiet_warnings() -> None:
    import warnings as standard

    def show(message: object, category: type, *_where: Any) -> None:
        print(f"{category.__name__}: {message}", file=sys.stderr)

    # The standard ones read source files.
    warnings: Any = standard
    warnings.showwarning = show
    sys.unraisablehook = lambda event: print(f"ignored: {event.exc_type.__name__}", file=sys.stderr)
