"""What is to be fetched for one run: urls and paths, checked before anything is sent."""

from __future__ import annotations

import attrs

from chainboy.programs.metadata import Metadata
from chainboy.sources.arguments import arguments
from chainboy.sources.pick import Path
from chainboy.sources.template import Template


@attrs.frozen(kw_only=True)
class Question:
    """One source: where to ask, where in the answer to look, how many decimal places to keep."""

    name: str
    url: str
    path: Path
    scale: int


def plan(metadata: Metadata, data: bytes) -> tuple[Question, ...]:
    """What the program asks of each source, in the order declared, with the input ``data``.

    Raises :class:`~chainboy.errors.ProgramError` for a url, a pick or an input that cannot be used.
    """
    templates = {name: Template(source.url) for name, source in metadata.sources.items()}
    asked = frozenset[str]().union(*(template.names for template in templates.values()))
    values = arguments(metadata.inputs, data, asked) if asked else {}
    return tuple(
        Question(name=name, url=templates[name].fill(values), path=Path(source.pick), scale=source.scale)
        for name, source in metadata.sources.items()
    )
