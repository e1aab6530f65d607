"""A relay's file: what it may say, and how a mistake in it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainboy.errors import ConfigError
from chainboy.relay.__main__ import main
from chainboy.relay.config import RelayConfig
from chainboy.relay.policy import RelayPolicy
from chainboy.service import MISUSED, LogLevel

FULL = """
[network]
file = "network.toml"
[key]
keystore = "keys/relay.json"
password_file = "/run/secrets/password"
[relay]
chains = ["home", "far"]
unpaid = true
backstop = true
margin_bps = 5
turns = 3
poll_seconds = 0.5
first_block = 77
carried = ["0x00000000000000000000000000000000000000aa"]
listen = "127.0.0.1:8460"
log_level = "debug"
"""

SHORT = """
[network]
file = "network.toml"
[key]
keystore = "k"
password_file = "p"
"""


def load(tmp_path: Path, text: str) -> RelayConfig:
    """The configuration in a file with this text."""
    (tmp_path / "relay.toml").write_text(text)
    return RelayConfig.load(tmp_path / "relay.toml")


def test_everything_said(tmp_path: Path) -> None:
    """Paths are relative to the file."""
    config = load(tmp_path, FULL)
    assert config.network == tmp_path / "network.toml"
    assert config.key.keystore == tmp_path / "keys" / "relay.json"
    assert config.key.password_file == Path("/run/secrets/password")
    assert config.chains == {"home", "far"}
    assert config.policy == RelayPolicy(unpaid=True, backstop=True, margin_bps=5, turns=3)
    assert config.carried == {"0x00000000000000000000000000000000000000AA"}
    assert config.listen == ("127.0.0.1", 8460)
    assert (config.poll_seconds, config.first_block, config.log_level) == (0.5, 77, LogLevel.DEBUG)


def test_the_least_that_must_be_said(tmp_path: Path) -> None:
    """The rest is as documented: every remote chain, only what pays."""
    config = load(tmp_path, SHORT)
    assert (config.chains, config.policy) == (frozenset(), RelayPolicy())
    assert (config.carried, config.listen) == (frozenset(), None)
    assert not config.policy.unpaid
    assert not config.policy.backstop


@pytest.mark.parametrize(
    ("right", "wrong", "names"),
    [
        ('file = "network.toml"', "", "network.file is missing"),
        ("[key]", "[keys]", "[key] is missing"),
        ('chains = ["home", "far"]', "chains = [1]", "relay.chains"),
        ("turns = 3", "turns = 0", "relay.turns"),
        ("unpaid = true", 'unpaid = "yes"', "relay.unpaid"),
        ("unpaid = true", "unpayd = true", "relay.unpayd is not known"),
        ('log_level = "debug"', 'log_level = "loud"', "relay.log_level"),
        ('"127.0.0.1:8460"', '"8460"', "relay.listen"),
        ('"127.0.0.1:8460"', '"127.0.0.1:99999"', "relay.listen"),
        ("00aa", "00", "relay.carried"),
    ],
)
def test_mistakes_are_told_by_name(tmp_path: Path, right: str, wrong: str, names: str) -> None:
    """Each with the full name of its key."""
    assert right in FULL
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, FULL.replace(right, wrong, 1))
    assert names in str(caught.value)


def test_a_mistake_ends_the_command_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit code of a wrong configuration, whether in this file or in one it names."""
    (tmp_path / "relay.toml").write_text(SHORT)
    assert main(["--config", str(tmp_path / "relay.toml")]) == MISUSED
    told = capsys.readouterr().err
    assert told.startswith("chainboy relay: ")
    assert "network.toml cannot be read" in told
    assert len(told.splitlines()) == 1
