"""Secrets that configuration files name by the file they are in."""

from __future__ import annotations

from pathlib import Path

from chainboy.errors import ConfigError


def read_secret(path: Path, *, least: int = 1) -> str:
    """The one line of text in the file ``path``, of at least so many characters.

    Raises :class:`~chainboy.errors.ConfigError`, which does not show it.
    """
    try:
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not plain text"
        raise ConfigError(f"the secret in {path} cannot be read ({reason}); put it there") from error
    if len(secret) < least or len(secret.splitlines()) != 1:
        raise ConfigError(f"{path} must hold one line of {least} or more characters; put the secret there")
    return secret
