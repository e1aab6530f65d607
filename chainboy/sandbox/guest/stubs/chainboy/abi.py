"""The names of ABI types, so that a program's annotations may use them; while it runs they mean nothing."""

from __future__ import annotations

from typing import Any


class _Annotation:
    """Stands for any type, bare or with arguments."""

    def __getitem__(self, _arguments: Any) -> _Annotation:
        return self

    def __call__(self, value: Any = None) -> Any:
        return value

    def __or__(self, _other: Any) -> _Annotation:
        return self


def __getattr__(name: str) -> _Annotation:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Annotation()
