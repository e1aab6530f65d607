"""The distribution of stake that a remote chain's verifier begins to trust with: read, or given in a file."""

from __future__ import annotations

import json
from pathlib import Path

from chainboy.chain.client import Chain
from chainboy.consensus.checkpoint_book import TrustedStake
from chainboy.consensus.distribution import StakeDistribution
from chainboy.contracts.deployment import Deployment
from chainboy.contracts.registry import Registry
from chainboy.contracts.registry_events import WeightChanged
from chainboy.errors import ChainError, ConfigError, EncodingError
from chainboy.events.scan import logs_between
from chainboy.tables import Table, amount, any_address
from chainboy.units import Address, Epoch, Weight


def read_genesis(chain: Chain, home: Deployment) -> TrustedStake:
    """The distribution that counts at the home chain's newest final block, from the registry's events.

    Raises :class:`~chainboy.errors.ConfigError` while no nodes are active, and
    :class:`~chainboy.errors.ChainError` when the events are not those of the registry's own sum.
    """
    last = chain.final_number()
    registry = home.registry_on(chain)
    stake = registry.profile()
    epoch = Epoch(stake.epoch(chain.block(last).timestamp))
    topics = [Registry.topic(WeightChanged)]
    logs = logs_between(chain, [home.registry], topics, _first_block(chain, stake.genesis_time, last), last)
    found = StakeDistribution.at_epoch(registry.events(logs, WeightChanged), epoch)
    total, count = registry.at(last).total_at(epoch)
    if total == 0:
        raise ConfigError(f"no nodes are active in epoch {epoch}: deploy where their weights count")
    if (found.total, len(found)) != (total, count):
        raise ChainError(
            f"the endpoint's events of the registry give {len(found)} nodes of weight {found.total} in epoch "
            f"{epoch}, and the registry itself says {count} and {total}; use another endpoint"
        )
    return _trusted(epoch, found)


def load_genesis(path: Path, chain: Chain, home: Deployment) -> TrustedStake:
    """The distribution in the JSON file ``path``, whose sum the registry must confirm.

    The file is an object of ``epoch`` and ``entries``, a list of objects of ``node`` and ``weight``. Raises
    :class:`~chainboy.errors.ConfigError` that names what is wrong with it.
    """
    epoch, found = _parse(path)
    last = chain.final_number()
    registry = home.registry_on(chain)
    current = registry.profile().epoch(chain.block(last).timestamp)
    if epoch > current:
        raise ConfigError(
            f"{path}: epoch {epoch} is not over the final blocks' {current}; give an earlier one"
        )
    total, count = registry.at(last).total_at(epoch)
    if total == 0 or (found.total, len(found)) != (total, count):
        raise ConfigError(
            f"{path}: {len(found)} nodes have {found.total} in epoch {epoch}, and the registry says {count} "
            f"and {total}; give the distribution of that epoch"
        )
    return _trusted(epoch, found)


def _trusted(epoch: Epoch, found: StakeDistribution) -> TrustedStake:
    return TrustedStake(epoch=epoch, stake_hash=found.hash, stake_total=found.total)


def _parse(path: Path) -> tuple[Epoch, StakeDistribution]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); give a JSON file") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must be an object of epoch and entries")
    file = Table(values, f"{path}: ")
    epoch = Epoch(file.take("epoch", amount))
    entries = [_entry(entry) for entry in file.tables("entries")]
    file.finish()
    try:
        return epoch, StakeDistribution.of(entries)
    except EncodingError as error:
        raise ConfigError(f"{path}: {error}") from error


def _entry(entry: Table) -> tuple[Address, Weight]:
    node, weight = entry.take("node", any_address), Weight(entry.take("weight", amount))
    entry.finish()
    return node, weight


def _first_block(chain: Chain, timestamp: int, last: int) -> int:
    """The first block, up to ``last``, that is not older than ``timestamp``: the registry came no earlier."""
    first = 0
    while first < last:
        middle = (first + last) // 2
        if chain.block(middle).timestamp < timestamp:
            first = middle + 1
        else:
            last = middle
    return first
