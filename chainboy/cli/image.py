"""``chainboy image``: make images that run programs."""

from __future__ import annotations

from pathlib import Path

import click

from chainboy.sandbox.container.context import MEMORY_MIB, write_context


@click.group()
def image() -> None:
    """Make images for programs whose runtime is docker:NAME@sha256:DIGEST."""


@image.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--module", "modules", multiple=True, help="A module that programs may import, such as numpy.")
@click.option("--memory-mib", default=MEMORY_MIB, show_default=True, help="Memory of a program, in MiB.")
def context(folder: Path, modules: tuple[str, ...], memory_mib: int) -> None:
    """Write what `docker build` needs into the new FOLDER.

    The image is made from a base that has Python 3.11 or newer, and the modules that programs may import.
    """
    write_context(folder, modules=modules, memory_mib=memory_mib)
    click.echo(f"docker build --build-arg BASE=IMAGE-WITH-PYTHON -t NAME {folder}")
